/**
 * Looks at the deployment every few seconds, once for everybody who watches, for as long as the console runs: so the charts
 * know the last hour even when nobody had the page open.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Inspection } from "../inspector/inspector.ts";
import { paceOf, type QueueLook } from "../inspector/queue-snapshot.ts";
import type { TierReport, TierSource } from "../inspector/tier-figures.ts";
import { createHistory, toHistoryPoint, type History, type HistoryPoint } from "./history.ts";

/** What is known at this moment. */
export interface Sight {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The latest look that worked, with a steadier pace than that between two looks; undefined before the first. */
  readonly inspection: Inspection | undefined;
  /** What the tiers said last. They are asked even while AWS does not answer: often they know why. */
  readonly tiers: TierReport | undefined;
  /** Why there is no later one, and since when (milliseconds since the epoch); undefined while all is seen. */
  readonly fault: { readonly error: unknown; readonly since: number } | undefined;
}

export interface Watch {
  start(): void;
  /** Ends the look under way and looks no more. Safe to call twice. */
  stop(): Promise<void>;
  sight(): Sight;
  readonly history: Pick<History, "columns">;
}

export interface WatchOptions {
  /** One look at the deployment. */
  readonly look: (signal: AbortSignal) => Promise<Inspection>;
  /** The tiers alone, for when a look fails. */
  readonly readTiers: TierSource;
  readonly intervalMs: number;
  /** How long a look may take before it is told that there is no answer; it is waited for all the same. */
  readonly patienceMs: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Told after each look. A look that found nothing out has a point of gaps. */
  readonly onSight: (sight: Sight, point: HistoryPoint) => void;
}

const historySeconds = 3_600;
/** SQS counts approximately: from one look to the next the pace jumps about, over this time it does not. */
const paceSpanMs = 20_000;

export function createWatch({ look, readTiers, intervalMs, patienceMs, wallClock, onSight }: WatchOptions): Watch {
  const stopping = new AbortController();
  const { signal } = stopping;
  const history = createHistory(historySeconds);
  const looks: QueueLook[] = [];
  let packSize: number | null = null;
  let sight: Sight = { at: wallClock(), inspection: undefined, tiers: undefined, fault: undefined };
  let running: Promise<void> | undefined;

  /** A worker that is down tells no pack size, and just then people want to know how many wait: the last one known stands in. */
  function withKnownPackSize(inspection: Inspection): Inspection {
    const { queue, tiers } = inspection;
    packSize = tiers.figures.meanPackSize ?? packSize;
    if (packSize === null) return inspection;
    return {
      ...inspection,
      queue: { ...queue, registrationsEstimate: Math.round(queue.messages * packSize) },
      tiers: { ...tiers, figures: { ...tiers.figures, meanPackSize: packSize } },
    };
  }

  function withSteadyPace(inspection: Inspection): Inspection {
    const { messages: waiting, inFlight, delayed, at } = inspection.queue;
    const { meanPackSize } = inspection.tiers.figures;
    const now: QueueLook = { at: Date.parse(at), queue: { waiting, inFlight, delayed }, meanPackSize };
    while (looks.length > 1 && (looks[0]?.at ?? now.at) < now.at - paceSpanMs) looks.shift();
    const pace = paceOf(now, looks[0]);
    looks.push(now);
    return { ...inspection, queue: { ...inspection.queue, ...pace } };
  }

  function seen(inspection: Inspection): void {
    const steady = withSteadyPace(withKnownPackSize(inspection));
    tell({ at: wallClock(), inspection: steady, tiers: steady.tiers, fault: undefined }, steady);
  }

  async function failed(error: unknown): Promise<void> {
    const since = sight.fault?.since ?? wallClock();
    looks.length = 0;
    const tiers = await readTiers();
    tell({ at: wallClock(), inspection: sight.inspection, tiers, fault: { error, since } }, undefined);
  }

  function tell(next: Sight, found: Inspection | undefined): void {
    if (signal.aborted) return;
    sight = next;
    const point = toHistoryPoint(next.at, found);
    history.add(point);
    onSight(sight, point);
  }

  async function lookOnce(): Promise<void> {
    const impatience = setInterval(() => {
      void failed(new Error(`There has been no answer for ${Math.round(patienceMs / 1_000)} s or longer.`));
    }, patienceMs);
    impatience.unref();
    try {
      seen(await look(signal));
    } catch (error) {
      await failed(error);
    } finally {
      clearInterval(impatience);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      await lookOnce();
      const pauseMs = Math.max(intervalMs - (performance.now() - began), intervalMs / 2);
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      // A look that hangs must not hold the end up.
      await Promise.race([running, delay(200)]);
    },
    sight: () => sight,
    history,
  };
}
