/**
 * Replays that were started from the console: each runs by itself, whether or not somebody watches, and can be stopped. One
 * at a time, so that nobody starts a second out of impatience. Kept in memory: what they did stands in the records.
 */
import { randomUUID } from "node:crypto";
import { TurnoutError } from "../shared/errors.ts";
import type { Connection } from "../terminal/connection.ts";
import { withReplayActivity } from "../admin/dead-letters/replay-activity.ts";
import { createReplaySender } from "../shared/dead-letters/replay-sender.ts";
import {
  replayDeadLetters,
  type ReplayFate,
  type ReplayOutcome,
  type ReplaySummary,
} from "../shared/dead-letters/replay.ts";
import { explain } from "../terminal/exit.ts";
import type { DeadLetterDesk } from "./dead-letter-desk.ts";

export interface ReplayRun {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly selected: number;
  readonly counts: Readonly<Record<ReplayFate, number>>;
  /** The latest ones, latest first. */
  readonly outcomes: readonly ReplayOutcome[];
  /** How many were sent in the latest step. */
  readonly step: number;
  /** Somebody has asked for the end. */
  readonly stopping: boolean;
  /** Undefined while it runs. */
  readonly summary: ReplaySummary | undefined;
  /** Why it stopped before the end, in lines; empty when it did not. */
  readonly stopped: readonly string[];
}

export interface ReplayOrder {
  readonly ids: readonly string[];
  /** Size of the first step. */
  readonly canary: number;
  /** Registrations a second. */
  readonly rate: number;
  readonly why: string;
}

export interface ReplayRuns {
  /** Logs it, and starts. @throws TURNOUT_REQUEST_INVALID while another one runs; the SDK's error when the log cannot be written */
  start(order: ReplayOrder): Promise<ReplayRun>;
  find(id: string): ReplayRun | undefined;
  /** The one that runs, or ran last. */
  latest(): ReplayRun | undefined;
  /** Ends it after the step that was sent. Safe to call twice, and for one that has ended. */
  stop(id: string): void;
  /** Ends all and waits. */
  close(): Promise<void>;
}

export interface ReplayRunsOptions {
  readonly connection: Pick<Connection, "sqs" | "queueUrl" | "documents" | "activityTable">;
  readonly desk: Pick<DeadLetterDesk, "store" | "log">;
  /** How long to wait for the next outcome of a step, in seconds. */
  readonly outcomeTimeoutSeconds: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Told whenever there is something new to show, not more often than is worth a look. */
  readonly onChange: (run: ReplayRun) => void;
}

interface Running {
  run: ReplayRun;
  readonly stop: AbortController;
  done: Promise<void>;
}

const keptRuns = 20;
const keptOutcomes = 100;
/** A step lasts about this long at the rate that was asked for. */
const stepSeconds = 5;
const tellEveryMs = 250;
const noCounts: Readonly<Record<ReplayFate, number>> = {
  resolved: 0,
  failed: 0,
  unknown: 0,
  refused: 0,
  skipped: 0,
  missing: 0,
};

function stoppedWords({ stopped }: ReplaySummary): string[] {
  if (!stopped) return [];
  return stopped.code === "error" ? explain(stopped.cause).split("\n") : [stopped.detail];
}

export function createReplayRuns(options: ReplayRunsOptions): ReplayRuns {
  const { connection, desk, outcomeTimeoutSeconds, wallClock, onChange } = options;
  const runs: Running[] = [];
  let starting = false;

  function isBusy(): boolean {
    return starting || runs.some(({ run }) => run.summary === undefined);
  }

  function begin(order: ReplayOrder, who: string): Running {
    const stop = new AbortController();
    const running: Running = {
      stop,
      done: Promise.resolve(),
      run: {
        id: randomUUID(),
        startedAt: new Date(wallClock()).toISOString(),
        selected: order.ids.length,
        counts: noCounts,
        outcomes: [],
        step: 0,
        stopping: false,
        summary: undefined,
        stopped: [],
      },
    };
    let timer: NodeJS.Timeout | undefined;
    const change = (next: Partial<ReplayRun>) => {
      running.run = { ...running.run, ...next };
      timer ??= setTimeout(() => {
        timer = undefined;
        onChange(running.run);
      }, tellEveryMs);
    };
    stop.signal.addEventListener("abort", () => change({ stopping: true }));
    const replay = withReplayActivity(
      connection,
      () => {},
      ({ onPack, draining }) =>
        replayDeadLetters(order.ids, {
          store: desk.store,
          sender: createReplaySender({ ...connection, ratePerSecond: order.rate, signal: stop.signal, onPack }),
          who,
          why: order.why,
          canary: order.canary,
          stepSize: order.rate * stepSeconds,
          again: false,
          outcomeTimeoutSeconds,
          draining,
          signal: stop.signal,
          wallClock,
          onOutcome(outcome) {
            const { counts, outcomes } = running.run;
            change({
              counts: { ...counts, [outcome.fate]: counts[outcome.fate] + 1 },
              outcomes: [outcome, ...outcomes].slice(0, keptOutcomes),
            });
          },
          onStep: ({ size }) => change({ step: size }),
        }),
    );
    running.done = replay.then((summary) => {
      change({ summary, stopped: stoppedWords(summary) });
      clearTimeout(timer);
      onChange(running.run);
    });
    return running;
  }

  return {
    async start(order) {
      if (isBusy()) {
        throw new TurnoutError("TURNOUT_REQUEST_INVALID", "A replay runs already. Wait for its end, or stop it.");
      }
      starting = true;
      try {
        const who = await desk.log("replay", order.ids, `replays up to ${order.ids.length}`, order.why);
        const running = begin(order, who);
        runs.push(running);
        if (runs.length > keptRuns) runs.shift();
        return running.run;
      } finally {
        starting = false;
      }
    },
    find: (id) => runs.find(({ run }) => run.id === id)?.run,
    latest: () => runs.at(-1)?.run,
    stop: (id) => runs.find(({ run }) => run.id === id)?.stop.abort(),
    async close() {
      for (const { stop } of runs) stop.abort();
      await Promise.all(runs.map(({ done }) => done));
    },
  };
}
