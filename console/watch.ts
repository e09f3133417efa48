/**
 * Polls the deployment every few seconds while the console runs, once for all open pages, so that the charts show the last
 * hour even if no page was open. The time before the first poll, and while polls failed, is filled in from the activity table.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Inspection } from "../admin/inspector/inspector.ts";
import type { Slice } from "../shared/activity/estimate.ts";
import type { TierSource, TierState } from "../admin/inspector/tier-state.ts";
import { createHistory, pastPoints, toHistoryPoint, type History, type HistoryPoint } from "./history.ts";

/** What is known now. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of the latest poll that succeeded; undefined before the first. */
  readonly inspection: Inspection | undefined;
  /** What the tiers reported last. They are asked even while AWS does not answer, because they often know why. */
  readonly tiers: readonly TierState[] | undefined;
  /** Why polls fail, and since when (milliseconds since the epoch); undefined while they succeed. */
  readonly failure: { readonly error: unknown; readonly since: number } | undefined;
}

export interface Watch {
  start(): void;
  /** Aborts the poll under way. Safe to call twice. */
  stop(): Promise<void>;
  snapshot(): Snapshot;
  readonly history: Pick<History, "columns">;
}

export interface WatchOptions {
  readonly inspect: (signal: AbortSignal) => Promise<Inspection>;
  /** What all processes did in the last hour, the newest first. */
  readonly lastHour: () => Promise<readonly Slice[]>;
  /** The tiers alone, when an inspection fails. */
  readonly readTiers: TierSource;
  readonly intervalMs: number;
  /** After which a poll is shown as failed; it is still awaited. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called after each poll. The point of a failed poll has only gaps. */
  readonly onSnapshot: (snapshot: Snapshot, point: HistoryPoint) => void;
}

const historySeconds = 3_600;

export function createWatch(options: WatchOptions): Watch {
  const { inspect, lastHour, readTiers, intervalMs, timeoutMs, wallClock, onSnapshot } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const history = createHistory(historySeconds);
  let pastIsKnown = false;
  let snapshot: Snapshot = { at: wallClock(), inspection: undefined, tiers: undefined, failure: undefined };
  let running: Promise<void> | undefined;

  async function recallPast(inspection: Inspection): Promise<void> {
    try {
      const points = pastPoints(await lastHour(), inspection, wallClock() - historySeconds * 1_000);
      pastIsKnown = true;
      if (points.length > 0) history.replace(points);
    } catch {
      // The next poll tries again; until then the charts show what was polled.
    }
  }

  async function succeeded(inspection: Inspection): Promise<void> {
    if (!pastIsKnown) await recallPast(inspection);
    publish({ at: wallClock(), inspection, tiers: inspection.tiers, failure: undefined }, inspection);
  }

  async function failed(error: unknown): Promise<void> {
    const since = snapshot.failure?.since ?? wallClock();
    pastIsKnown = false;
    const tiers = await readTiers();
    publish({ at: wallClock(), inspection: snapshot.inspection, tiers, failure: { error, since } }, undefined);
  }

  function publish(next: Snapshot, found: Inspection | undefined): void {
    if (signal.aborted) return;
    snapshot = next;
    const point = toHistoryPoint(next.at, found);
    history.add(point);
    onSnapshot(snapshot, point);
  }

  async function pollOnce(): Promise<void> {
    const timer = setInterval(() => {
      void failed(new Error(`There has been no answer for ${Math.round(timeoutMs / 1_000)} s or longer.`));
    }, timeoutMs);
    timer.unref();
    try {
      await succeeded(await inspect(signal));
    } catch (error) {
      await failed(error);
    } finally {
      clearInterval(timer);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      await pollOnce();
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
      // A poll that hangs must not delay the end.
      await Promise.race([running, delay(200)]);
    },
    snapshot: () => snapshot,
    history,
  };
}
