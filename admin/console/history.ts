/** What was seen in the last hour, as the charts draw it: kept in memory, gone with the console. */
import type { Inspection } from "../inspector/inspector.ts";

/** One moment. Null where it could not be told: a chart shows a gap there, and not a zero. */
export interface HistoryPoint {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly people: number | null;
  readonly messages: number | null;
  readonly acceptedPerSecond: number | null;
  readonly storedPerSecond: number | null;
  readonly oldestAgeSeconds: number | null;
}

/** The same by column, as chart libraries want it. */
export type HistoryColumns = Readonly<Record<keyof HistoryPoint, readonly (number | null)[]>>;

export interface History {
  add(point: HistoryPoint): void;
  columns(): HistoryColumns;
}

/** @returns what the charts show of a look; of one that failed, a gap */
export function toHistoryPoint(at: number, seen: Inspection | undefined): HistoryPoint {
  const { queue, tiers } = seen ?? {};
  return {
    at: Math.round(at / 100) / 10,
    people: queue?.registrationsEstimate ?? null,
    messages: queue?.messages ?? null,
    acceptedPerSecond: tiers?.figures.acceptedPerSecond ?? null,
    storedPerSecond: tiers?.figures.storedPerSecond ?? null,
    oldestAgeSeconds: queue?.oldestAgeSeconds ?? null,
  };
}

/** @param spanSeconds how far back it reaches */
export function createHistory(spanSeconds: number): History {
  const points: HistoryPoint[] = [];
  return {
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
