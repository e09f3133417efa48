/**
 * The last hour as the charts show it: from the activity table for the time before the console was started, then from what
 * the console polls.
 */
import { isNothing } from "../shared/activity/bucket.ts";
import { drained, type Slice } from "../shared/activity/estimate.ts";
import type { Inspection } from "../admin/inspector/inspector.ts";

/** One moment. Null is unknown, which a chart shows as a gap and not as zero. */
export interface HistoryPoint {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly people: number | null;
  readonly messages: number | null;
  readonly acceptedPerSecond: number | null;
  readonly storedPerSecond: number | null;
  readonly oldestAgeSeconds: number | null;
}

/** The same by column, as the chart library takes it. */
export type HistoryColumns = Readonly<Record<keyof HistoryPoint, readonly (number | null)[]>>;

export interface History {
  add(point: HistoryPoint): void;
  /** Replaces all points so far. @param points oldest first */
  replace(points: readonly HistoryPoint[]): void;
  columns(): HistoryColumns;
}

/** @param seen undefined for a poll that failed, which becomes a gap */
export function toHistoryPoint(at: number, seen: Inspection | undefined): HistoryPoint {
  const { queue, rates } = seen ?? {};
  return {
    at: Math.round(at / 100) / 10,
    people: queue?.registrationsEstimate ?? null,
    messages: queue?.messages ?? null,
    acceptedPerSecond: rates?.acceptedPerSecond ?? null,
    storedPerSecond: rates?.storedPerSecond ?? null,
    oldestAgeSeconds: queue?.oldestAgeSeconds ?? null,
  };
}

function perSecond(count: number, { from, to }: Slice): number {
  return Math.round((count / (to - from)) * 10_000) / 10;
}

/**
 * Counts backwards from the current queue: before each bucket, those stored in it were still waiting, and those accepted in it
 * were not.
 * @param slices what all processes did, newest first, without gaps
 * @param seen the inspection of the same moment
 * @param sinceMs milliseconds since the epoch; older ones are left out
 * @returns a point for the end of each bucket, oldest first; none before the first activity
 */
export function pastPoints(slices: readonly Slice[], seen: Inspection, sinceMs: number): HistoryPoint[] {
  const points: HistoryPoint[] = [];
  const { queue } = seen;
  const at = Date.parse(queue.at);
  let people = queue.registrationsEstimate;
  let packs = queue.messages + queue.inFlight + queue.delayed;
  const began = slices.findLastIndex((slice) => !isNothing(slice) && slice.to >= sinceMs);
  for (const slice of slices.slice(0, began + 1)) {
    if (slice.to <= at) {
      points.push({
        at: slice.to / 1_000,
        people: Math.max(0, people),
        messages: Math.max(0, packs),
        acceptedPerSecond: perSecond(slice.accepted, slice),
        storedPerSecond: perSecond(slice.stored, slice),
        oldestAgeSeconds:
          slice.stored > 0 ? Math.round(slice.storedDelayMs / slice.stored / 100) / 10 : people > 0 ? null : 0,
      });
    }
    people += drained(slice) - slice.accepted - slice.replayed;
    packs += slice.packsDone - slice.packsSent;
  }
  return points.toReversed();
}

/** @param spanSeconds how far back it reaches */
export function createHistory(spanSeconds: number): History {
  let points: HistoryPoint[] = [];
  return {
    replace(given) {
      points = [...given];
    },
    add(point) {
      points.push(point);
      while ((points[0]?.at ?? point.at) < point.at - spanSeconds) points.shift();
    },
    columns: () => ({
      at: points.map(({ at }) => at),
      people: points.map(({ people }) => people),
      messages: points.map(({ messages }) => messages),
      acceptedPerSecond: points.map(({ acceptedPerSecond }) => acceptedPerSecond),
      storedPerSecond: points.map(({ storedPerSecond }) => storedPerSecond),
      oldestAgeSeconds: points.map(({ oldestAgeSeconds }) => oldestAgeSeconds),
    }),
  };
}
