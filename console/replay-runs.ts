/**
 * The replays that were started from the console. They run whether or not a page is open, and can be stopped. Only one at a
 * time, so that nobody starts a second one while it runs. Kept in memory only: their effects are in the records.
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
import type { DeadLetterService } from "./dead-letter-service.ts";

export interface ReplayRun {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly selected: number;
  readonly counts: Readonly<Record<ReplayFate, number>>;
  /** The latest ones, newest first. */
  readonly outcomes: readonly ReplayOutcome[];
  /** How many were sent in the latest step. */
  readonly step: number;
  /** A stop was requested. */
  readonly stopping: boolean;
  /** Undefined while it runs. */
  readonly summary: ReplaySummary | undefined;
  /** Why it stopped before the end, in lines; else empty. */
  readonly stopped: readonly string[];
}

export interface ReplayRequest {
  readonly ids: readonly string[];
  /** Size of the first step. */
  readonly canary: number;
  /** Registrations a second. */
  readonly rate: number;
  readonly why: string;
}

export interface ReplayRuns {
  /** Logs the replay, then starts it. @throws TURNOUT_REQUEST_INVALID while another one runs; the SDK's error when the log cannot be written */
  start(request: ReplayRequest): Promise<ReplayRun>;
  find(id: string): ReplayRun | undefined;
  /** The one that is running or ran last. */
  latest(): ReplayRun | undefined;
  /** Stops it after the step under way. Safe to call twice, and for one that has ended. */
  stop(id: string): void;
  /** Stops all and waits for them. */
  close(): Promise<void>;
}

export interface ReplayRunsOptions {
  readonly connection: Pick<Connection, "sqs" | "queueUrl" | "documents" | "activityTable">;
  readonly service: Pick<DeadLetterService, "store" | "log">;
  /** How long to wait for the next outcome of a step, in seconds. */
  readonly outcomeTimeoutSeconds: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called when there is something new to show, at most every `tellEveryMs`. */
  readonly onChange: (run: ReplayRun) => void;
}

interface Running {
  run: ReplayRun;
  readonly stop: AbortController;
  done: Promise<void>;
}

const keptRuns = 20;
const keptOutcomes = 100;
/** How long a step takes at the requested rate. */
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
  const { connection, service, outcomeTimeoutSeconds, wallClock, onChange } = options;
  const runs: Running[] = [];
  let starting = false;

  function isBusy(): boolean {
    return starting || runs.some(({ run }) => run.summary === undefined);
  }

  function begin(request: ReplayRequest, who: string): Running {
    const stop = new AbortController();
    const running: Running = {
      stop,
      done: Promise.resolve(),
      run: {
        id: randomUUID(),
        startedAt: new Date(wallClock()).toISOString(),
        selected: request.ids.length,
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
        replayDeadLetters(request.ids, {
          store: service.store,
          sender: createReplaySender({ ...connection, ratePerSecond: request.rate, signal: stop.signal, onPack }),
          who,
          why: request.why,
          canary: request.canary,
          stepSize: request.rate * stepSeconds,
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
    async start(request) {
      if (isBusy()) {
        throw new TurnoutError("TURNOUT_REQUEST_INVALID", "A replay is already running. Wait for its end, or stop it.");
      }
      starting = true;
      try {
        const who = await service.log("replay", request.ids, `replays up to ${request.ids.length}`, request.why);
        const running = begin(request, who);
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
