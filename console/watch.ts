/**
 * Looks at the deployment every few seconds, once for everybody who watches, for as long as the console runs: so the charts
 * know the last hour even when nobody had the page open. What happened before its first look, and while it could not see
 * anything, the activity table knows.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Inspection } from "../admin/inspector/inspector.ts";
import type { Slice } from "../shared/activity/estimate.ts";
import type { TierSource, TierState } from "../admin/inspector/tier-state.ts";
import { createHistory, pastPoints, toHistoryPoint, type History, type HistoryPoint } from "./history.ts";

/** What is known at this moment. */
export interface Sight {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The latest look that worked; undefined before the first. */
  readonly inspection: Inspection | undefined;
  /** What the tiers said last. They are asked even while AWS does not answer: often they know why. */
  readonly tiers: readonly TierState[] | undefined;
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
  /** What all processes did in the last hour, the newest first. */
  readonly lastHour: () => Promise<readonly Slice[]>;
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

export function createWatch(options: WatchOptions): Watch {
  const { look, lastHour, readTiers, intervalMs, patienceMs, wallClock, onSight } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const history = createHistory(historySeconds);
  let pastIsKnown = false;
  let sight: Sight = { at: wallClock(), inspection: undefined, tiers: undefined, fault: undefined };
  let running: Promise<void> | undefined;

  async function recallPast(inspection: Inspection): Promise<void> {
    try {
      const points = pastPoints(await lastHour(), inspection, wallClock() - historySeconds * 1_000);
      pastIsKnown = true;
      if (points.length > 0) history.replace(points);
    } catch {
      // The next look asks again; until then the charts show what was seen.
    }
  }

  async function seen(inspection: Inspection): Promise<void> {
    if (!pastIsKnown) await recallPast(inspection);
    tell({ at: wallClock(), inspection, tiers: inspection.tiers, fault: undefined }, inspection);
  }

  async function failed(error: unknown): Promise<void> {
    const since = sight.fault?.since ?? wallClock();
    pastIsKnown = false;
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
      await seen(await look(signal));
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
