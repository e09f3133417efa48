/**
 * Performs runs, for the console and the command: takes the lease, registers or continues the run, replays, and keeps the
 * run's record and the audit log in step with what happens.
 */
import { setTimeout as delay } from "node:timers/promises";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { createReplaySender } from "../../shared/dead-letters/replay-sender.ts";
import { replayDeadLetters, type ReplayOutcome, type ReplaySummary } from "../../shared/dead-letters/replay.ts";
import { TurnoutError } from "../../shared/errors.ts";
import { withoutAddresses } from "../../shared/process/logger.ts";
import type { Connection } from "../../terminal/connection.ts";
import { explain } from "../../terminal/exit.ts";
import { createAuditLog, type AuditedConnection } from "../audit-log.ts";
import { withReplayActivity } from "../dead-letters/replay-activity.ts";
import type { Selector } from "../dead-letters/selection.ts";
import {
  canResume,
  describeOutcomes,
  newRunId,
  noCounts,
  reachedOf,
  standingOf,
  withOutcome,
  type ReplayRun,
} from "./replay-run.ts";
import { createRunLease, type HeldLease, type LeaseEnd, type RunLease } from "./run-lease.ts";
import { asSelected, describeSelection, type SelectedRecord } from "./run-selection.ts";
import { createRunStore, type RunStore } from "./run-store.ts";

export interface ReplayRequest {
  readonly selector: Selector;
  /** What the selector finds, in the order of replay. */
  readonly ids: readonly string[];
  readonly why: string;
  readonly canary: number;
  readonly rate: number;
  readonly again: boolean;
  readonly outcomeTimeoutSeconds: number;
}

/** A run that this process performs. */
export interface PerformedRun {
  readonly id: string;
  /** As it is at this moment. */
  readonly current: () => ReplayRun;
  /** Ends it after the step under way, to be resumed. Safe to repeat. @param why in words */
  stop(why: string): void;
  /** Resolves with the run at its end, or when another process has taken it over; never rejects. */
  readonly ended: Promise<ReplayRun>;
}

export interface ReplayRunner {
  /** @throws TURNOUT_REPLAY_RUNNING; the SDK's error when a table does not answer: nothing was sent then */
  start(request: ReplayRequest): Promise<PerformedRun>;
  /**
   * Continues a run that was stopped or interrupted: what has an outcome is not sent again.
   * @throws TURNOUT_REPLAY_UNKNOWN, TURNOUT_REPLAY_CHANGED, TURNOUT_REPLAY_RUNNING; the SDK's error
   */
  resume(id: string): Promise<PerformedRun>;
  /** Asks whoever performs it to stop. @throws TURNOUT_REPLAY_UNKNOWN, TURNOUT_REPLAY_CHANGED when nobody performs it */
  requestStop(id: string): Promise<void>;
}

export interface ReplayRunnerOptions {
  readonly connection: AuditedConnection &
    Pick<Connection, "sqs" | "queueUrl" | "activityTable" | "controlsTable" | "identity">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when this process ends: what it reads for a start is given up. Runs are stopped with `stop`. */
  readonly signal: AbortSignal;
  /** Called with each change of a run that this process performs. */
  readonly onChange: (run: ReplayRun) => void;
  /** Called with each outcome. Default: nothing. */
  readonly onOutcome?: (outcome: ReplayOutcome) => void;
  /** Called with what cannot be written while a run goes on. */
  readonly note: (text: string) => void;
}

/** How long a step takes at the requested rate: waits take little of the time, and it can be stopped soon. */
const stepSeconds = 5;
/** Between two writes of the record. */
const saveMs = 2_000;
const maxDetailLength = 300;

/** @throws TURNOUT_REPLAY_UNKNOWN */
export async function requireRun(store: Pick<RunStore, "read">, id: string): Promise<ReplayRun> {
  const run = await store.read(id);
  if (run) return run;
  throw new TurnoutError("TURNOUT_REPLAY_UNKNOWN", `There is no run ${JSON.stringify(id)}; runs are kept for 90 days.`);
}

function stopOf({ stopped }: ReplaySummary, requested: string | undefined): ReplayRun["stop"] {
  if (!stopped) return undefined;
  const { code, detail, cause } = stopped;
  if (code === "error") return { code, lines: explain(cause).split("\n") };
  return { code, lines: [code === "interrupted" && requested !== undefined ? requested : detail] };
}

export function createReplayRunner(options: ReplayRunnerOptions): ReplayRunner {
  const { connection, wallClock, signal: ending, onChange, onOutcome, note } = options;
  const { documents, deadLettersTable, controlsTable } = connection;
  const letters = createDeadLetterStore(documents, deadLettersTable);
  const store = createRunStore(documents, controlsTable);
  const leases: RunLease = createRunLease({ documents, controlsTable, wallClock });
  const now = () => new Date(wallClock()).toISOString();

  const auditLog = (who: string) => createAuditLog({ connection, who, wallClock });

  /** Writes the run's record, with an entry in the audit log. @param write the record, by its holder */
  function register(
    verbs: readonly [doing: string, done: string],
    { who, ids, what, why }: { who: string; ids: readonly string[]; what: string; why: string },
    write: () => Promise<void>,
  ): Promise<void> {
    const line = { action: "replay", ids, detail: `${verbs[0]} ${what}`, why } as const;
    return auditLog(who).around(line, async () => [await write(), `${verbs[1]} ${what}`]);
  }

  /** @returns the work's result; gives the lease back when it fails */
  async function orRelease<Result>(lease: HeldLease, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      await lease.release().catch(() => {});
      throw error;
    }
  }

  function perform(
    first: ReplayRun,
    selection: readonly SelectedRecord[],
    who: string,
    lease: HeldLease,
  ): PerformedRun {
    const stopping = new AbortController();
    let run = first;
    let requested: string | undefined;
    let lost = false;
    let unsaved = false;

    function change(next: Partial<ReplayRun>): void {
      run = { ...run, ...next };
      unsaved = true;
      onChange(run);
    }

    function stop(why: string): void {
      requested ??= why;
      stopping.abort();
    }

    function endByLease(): void {
      const reason = lease.signal.reason as LeaseEnd;
      lost ||= reason.kind === "lost";
      stop(reason.kind === "stop" ? `stopped by ${reason.by}` : "another process has taken it over, or may have");
    }

    if (lease.signal.aborted) endByLease();
    else lease.signal.addEventListener("abort", endByLease, { once: true });

    async function save(): Promise<void> {
      if (!unsaved || lost) return;
      unsaved = false;
      if (!(await store.save(run, lease.holder))) lost = true;
    }

    async function saveAgainAndAgain(done: AbortSignal): Promise<void> {
      while (!done.aborted) {
        await delay(saveMs, undefined, { signal: done }).catch(() => {});
        if (done.aborted) break;
        await save().catch(() => (unsaved = true));
      }
    }

    async function replay(): Promise<ReplaySummary> {
      const failures = new Map(selection.map(({ id, failures: count }) => [id, count]));
      const { signal } = stopping;
      return withReplayActivity(connection, note, ({ onPack, draining }) =>
        replayDeadLetters(
          selection.map(({ id }) => id),
          {
            store: {
              ...letters,
              // A process that was suspended wakes up here, and must not go on beside the one that continues its run.
              claim(...given) {
                if (!lease.isHeld()) stop("another process has taken it over, or may have");
                signal.throwIfAborted();
                return letters.claim(...given);
              },
            },
            sender: createReplaySender({ ...connection, ratePerSecond: run.rate, signal, onPack }),
            who,
            why: run.why,
            canary: run.canary,
            stepSize: run.rate * stepSeconds,
            again: run.again,
            continuation: { run: run.id, from: run.progress, failuresOf: (id) => failures.get(id) },
            outcomeTimeoutSeconds: run.outcomeTimeoutSeconds,
            draining,
            signal,
            wallClock,
            onOutcome(outcome) {
              onOutcome?.(outcome);
              const { id, fate } = outcome;
              const detail = withoutAddresses(outcome.detail).slice(0, maxDetailLength);
              change({
                counts: { ...run.counts, [fate]: run.counts[fate] + 1 },
                outcomes: withOutcome(run.outcomes, { id, fate, detail }),
              });
            },
            onStep: ({ sent }) => change({ sent }),
            onProgress: (progress) => change({ progress, sent: progress.sent }),
          },
        ),
      );
    }

    async function toTheEnd(): Promise<ReplayRun> {
      const done = new AbortController();
      const saving = saveAgainAndAgain(done.signal);
      const summary = await replay();
      done.abort();
      await saving;
      const { sent, counts } = summary;
      const stopped = stopOf(summary, requested);
      change({ state: stopped ? "stopped" : "done", sent, counts, stop: stopped, endedAt: now() });
      try {
        if (lost) return run;
        const detail = `replay ${run.id} ${run.state}: ${describeOutcomes(run)}`;
        await auditLog(who).add({ action: "replay", ids: [], detail, why: run.why });
        await save();
        await lease.release();
        if (run.state === "done") await store.dropSelection(run);
      } catch (error) {
        note(
          `The end of the run ${run.id} could not be written, so it will be shown as interrupted. ${explain(error)}`,
        );
      }
      return run;
    }

    return { id: run.id, current: () => run, stop, ended: toTheEnd() };
  }

  return {
    async start({ selector, ids, ...request }) {
      const who = await connection.identity();
      const at = now();
      const id = newRunId(at);
      const lease = await leases.take(id, who);
      return orRelease(lease, async () => {
        const selection = await asSelected(letters, ids, ending);
        const run: ReplayRun = {
          ...request,
          id,
          hands: [{ who, at }],
          selection: describeSelection(selector),
          selected: ids.length,
          state: "running",
          progress: { position: 0, sent: 0, counts: noCounts },
          sent: 0,
          counts: noCounts,
          outcomes: [],
          stop: undefined,
          endedAt: undefined,
        };
        const what = `a replay of ${ids.length} selected: ${id}`;
        const entry = { who, ids, what, why: request.why };
        await register(["starting", "started"], entry, () => store.create(run, selection, lease.holder));
        return perform(run, selection, who, lease);
      });
    },
    async resume(id) {
      await requireRun(store, id);
      const who = await connection.identity();
      const lease = await leases.take(id, who);
      return orRelease(lease, async () => {
        const before = await requireRun(store, id);
        // Its own lease is ours now: a record that says `running` was left behind.
        const selection = canResume(standingOf(before, undefined, 0)) ? await store.readSelection(id) : undefined;
        if (selection === undefined) {
          throw new TurnoutError("TURNOUT_REPLAY_CHANGED", `The run ${id} is done: nothing is left to resume.`);
        }
        const { sent, counts } = before.progress;
        const hands = [...before.hands, { who, at: now() }];
        const run: ReplayRun = {
          ...before,
          hands,
          state: "running",
          sent,
          counts,
          stop: undefined,
          endedAt: undefined,
        };
        const left = `${run.selected - reachedOf(counts)} of ${run.selected} selected`;
        const what = `the replay ${id}, of which ${left} had no outcome`;
        const entry = { who, ids: [], what, why: run.why };
        await register(["resuming", "resumed"], entry, () => store.hand(run, lease.holder));
        return perform(run, selection, who, lease);
      });
    },
    async requestStop(id) {
      const standing = standingOf(await requireRun(store, id), undefined, 0);
      if (standing === "interrupted" && (await leases.requestStop(id, await connection.identity()))) return;
      throw new TurnoutError(
        "TURNOUT_REPLAY_CHANGED",
        standing === "interrupted"
          ? `Nobody performs the run ${id}: it was interrupted, and sends nothing. It can be resumed.`
          : `The run ${id} is ${standing} already.`,
      );
    },
  };
}
