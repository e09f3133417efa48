/**
 * The runs of replays for the console: starts, resumes and stops them, and follows them for open pages, whichever process
 * performs them. A run that this console performs goes on whether or not a page is open, and is stopped with the console.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  createReplayRunner,
  type PerformedRun,
  type ReplayRequest,
  type ReplayRunnerOptions,
} from "../admin/replay-runs/replay-runner.ts";
import {
  standingOf,
  type ReplayRun,
  type ReplayRunSummary,
  type RunStanding,
} from "../admin/replay-runs/replay-run.ts";
import { createRunLease, type LeaseState } from "../admin/replay-runs/run-lease.ts";
import { createRunStore } from "../admin/replay-runs/run-store.ts";

export interface ShownRun {
  readonly run: ReplayRun;
  readonly standing: RunStanding;
}

export interface ListedRun {
  readonly run: ReplayRunSummary;
  readonly standing: RunStanding;
}

export interface ReplayRuns {
  /** @returns the run's id. @throws as `ReplayRunner.start` */
  start(request: ReplayRequest): Promise<string>;
  /** @throws as `ReplayRunner.resume` */
  resume(id: string): Promise<void>;
  /** Stops it after the step under way, whichever process performs it. @throws as `ReplayRunner.requestStop` */
  stop(id: string): Promise<void>;
  find(id: string): Promise<ShownRun | undefined>;
  /** @returns all runs, newest first */
  list(): Promise<readonly ListedRun[]>;
  /** @returns the run that somebody performs at this moment */
  busy(): Promise<LeaseState | undefined>;
  /** Tells `onChange` what changes, until nobody watches any more. */
  follow(id: string): void;
  /** Stops what this console performs, to be resumed, and waits for it. */
  close(): Promise<void>;
}

export interface ReplayRunsOptions extends Pick<ReplayRunnerOptions, "connection" | "wallClock"> {
  /** Aborted when the console ends, after `close`. */
  readonly signal: AbortSignal;
  /** Whether a page shows this run. */
  readonly isWatched: (id: string) => boolean;
  /** Called when there is something new to show. */
  readonly onChange: (shown: ShownRun) => void;
}

/** How often a run that is watched is read. */
const followMs = 500;

export function createReplayRuns(options: ReplayRunsOptions): ReplayRuns {
  const { connection, wallClock, signal, isWatched, onChange } = options;
  const { documents, controlsTable } = connection;
  const store = createRunStore(documents, controlsTable);
  const leases = createRunLease({ documents, controlsTable, wallClock });
  /** What this console performs: one at most, and those that are about to end. */
  const performed = new Map<string, PerformedRun>();
  const followed = new Set<string>();
  const ending = new AbortController();
  const runner = createReplayRunner({ connection, wallClock, signal, onChange: () => {}, note: () => {} });

  function add(run: PerformedRun): void {
    performed.set(run.id, run);
    void run.ended.then(() => performed.delete(run.id));
    if (ending.signal.aborted) run.stop("the console was ended");
  }

  async function find(id: string): Promise<ShownRun | undefined> {
    // The lease first: its holder writes the end before it lets go, so a run that has ended is not taken for interrupted.
    const lease = await leases.read();
    const stored = await store.read(id);
    const run = performed.get(id)?.current() ?? stored;
    return run && { run, standing: standingOf(run, lease, wallClock()) };
  }

  async function follow(id: string): Promise<void> {
    let told = "";
    while (!ending.signal.aborted && isWatched(id)) {
      // A table that does not answer for a moment is no news: the overview says so.
      const shown = await find(id).catch(() => undefined);
      const text = JSON.stringify(shown);
      if (shown && text !== told) onChange(shown);
      told = text;
      await delay(followMs, undefined, { signal: ending.signal }).catch(() => {});
    }
    followed.delete(id);
  }

  return {
    async start(request) {
      const run = await runner.start(request);
      add(run);
      return run.id;
    },
    async resume(id) {
      add(await runner.resume(id));
    },
    stop: (id) => runner.requestStop(id),
    find,
    async list() {
      const lease = await leases.read();
      const runs = await store.list(signal);
      return runs.map((run) => ({ run, standing: standingOf(run, lease, wallClock()) }));
    },
    async busy() {
      const lease = await leases.read();
      return lease !== undefined && Date.parse(lease.until) > wallClock() ? lease : undefined;
    },
    follow(id) {
      if (followed.has(id)) return;
      followed.add(id);
      void follow(id);
    },
    async close() {
      ending.abort();
      for (const run of performed.values()) run.stop("the console was ended");
      await Promise.all([...performed.values()].map(({ ended }) => ended));
    },
  };
}
