/**
 * Keeps one process running, as systemd does on the instances of Elastic Beanstalk: starts it, waits until it answers,
 * starts it again when it ends unasked, and gives up when that leads nowhere.
 *
 *     stopped ──start()──► starting ──answers──► running
 *        ▲                  │    ▲                  │ ends unasked
 *        │                  │    └──── waiting ◄────┘ (a pause that grows while it keeps ending early)
 *        │                  └─ the first start failed, or several in a row ──► failed
 *        └──stop(), from anywhere
 *
 * A first start that fails is not tried again: what is wrong then (a variable, a file) will be wrong the next time too.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

export interface ProcessPlan {
  /** For people: `web`, `worker`, `sqs`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** One look, bounded by itself. */
  isReady(): Promise<boolean>;
  /** What must be done each time it answers, before others may rely on it. A failure counts as a failed start. */
  afterReady?(): Promise<void>;
  readonly readyWithinMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopWithinMs: number;
}

export interface SupervisorHooks {
  /** Every line it prints, standard output and standard error alike. */
  onLine?(name: string, line: string): void;
  onSpawn?(name: string, pid: number): void;
  /** @param how for people: "ended by SIGKILL", "ended with exit code 1" */
  onEnd?(name: string, pid: number, how: string): void;
  /** It answers again after an unasked end. */
  onRestart?(name: string, how: string): void;
  /** It will not be tried again. Not called for a failure of `start()`, which rejects. */
  onGiveUp?(name: string, error: Error): void;
}

export interface SupervisorOptions extends SupervisorHooks {
  /** Start it again when it ends unasked. Default: true. */
  readonly restart?: boolean;
  /** The first pause before a restart; it doubles while the process keeps ending early. Default: 250 ms. */
  readonly pauseMs?: number;
  /** Default: 5,000 ms. */
  readonly maxPauseMs?: number;
  /** Restarts in a row that may end without an answer. Default: 5. */
  readonly maxFailedStarts?: number;
}

export type ProcessState = "stopped" | "starting" | "running" | "waiting" | "failed";

export interface SupervisedProcess {
  readonly name: string;
  readonly state: ProcessState;
  /** Undefined while none runs. */
  readonly pid: number | undefined;
  /** How often it was started again after an unasked end. */
  readonly restarts: number;
  /**
   * Starts it unless it is started. Resolves as soon as it answers: at once while it runs, after the next restart
   * while it is down. Safe to call at any time, also again after `stop()`.
   * @throws Error with the last lines that the process printed
   */
  start(): Promise<void>;
  /** Ends it: SIGTERM, after `stopWithinMs` SIGKILL. Safe to call twice, and without a start. */
  stop(): Promise<void>;
  /** Sends a signal, as from outside: what follows is not asked for. @returns whether there was a process to take it */
  kill(signal: NodeJS.Signals): boolean;
  /** Resolves when the process that runs now has ended; at once when none does. */
  ended(): Promise<void>;
}

/** A process that answered for this long is no failing start any more: the next pause is the shortest again. */
const steadyAfterMs = 10_000;
const pollIntervalMs = 50;
const keptLines = 15;

interface Run {
  readonly child: ChildProcess;
  readonly lastLines: string[];
  /** How it ended, for people. */
  readonly end: Promise<string>;
  over: boolean;
}

function launch(plan: ProcessPlan, hooks: SupervisorHooks): Run {
  const child = spawn(plan.command, plan.args, {
    env: plan.env,
    ...(plan.cwd !== undefined && { cwd: plan.cwd }),
    // A process group of its own: Ctrl-C in the terminal reaches only the supervisor, which then stops all in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      hooks.onLine?.(plan.name, line);
    });
  }
  const { promise: end, resolve } = Promise.withResolvers<string>();
  const run: Run = { child, lastLines, end, over: false };
  child.once("error", (error) => {
    if (child.pid !== undefined) return;
    run.over = true;
    resolve(`could not be started: ${error.message}`);
  });
  // "close" and not "exit": by then its last lines have been read as well.
  child.once("close", (code, signal) => {
    run.over = true;
    const how = signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
    if (child.pid !== undefined) hooks.onEnd?.(plan.name, child.pid, how);
    resolve(how);
  });
  if (child.pid !== undefined) hooks.onSpawn?.(plan.name, child.pid);
  return run;
}

function failure(plan: ProcessPlan, how: string, lastLines: readonly string[]): Error {
  const said = lastLines.length > 0 ? ` Its last lines:\n${lastLines.join("\n")}` : " It printed nothing.";
  return new Error(`${plan.name} ${how}.${said}`);
}

/** @returns the process, not started yet */
export function createSupervisedProcess(plan: ProcessPlan, options: SupervisorOptions = {}): SupervisedProcess {
  const { restart = true, pauseMs = 250, maxPauseMs = 5_000, maxFailedStarts = 5 } = options;
  let state: ProcessState = "stopped";
  let run: Run | undefined;
  let restarts = 0;
  let keeping: Promise<void> | undefined;
  let stopping: AbortController | undefined;
  let answering = Promise.withResolvers<void>();

  /** @returns undefined when it answers, otherwise why it does not */
  async function becomesReady({ child, end, lastLines }: Run): Promise<Error | undefined> {
    const deadline = Date.now() + plan.readyWithinMs;
    let how: string | undefined;
    void end.then((text) => (how = text));
    while (how === undefined) {
      if (await plan.isReady()) {
        try {
          await plan.afterReady?.();
          return undefined;
        } catch (cause) {
          child.kill("SIGKILL");
          await end;
          return cause instanceof Error ? cause : new Error(String(cause));
        }
      }
      if (Date.now() > deadline) {
        child.kill("SIGKILL");
        await end;
        return failure(plan, `did not answer within ${plan.readyWithinMs / 1_000} s`, lastLines);
      }
      await Promise.race([delay(pollIntervalMs), end]);
    }
    return failure(plan, how, lastLines);
  }

  async function keep(stopped: AbortSignal): Promise<void> {
    let failedStarts = 0;
    let earlyEnds = 0;
    let endedHow: string | undefined;
    while (!stopped.aborted) {
      state = "starting";
      run = launch(plan, options);
      const current = run;
      let error = await becomesReady(current);
      if (error === undefined && current.over) error = failure(plan, await current.end, current.lastLines);
      let answeredAt: number | undefined;
      if (error === undefined) {
        state = "running";
        answeredAt = Date.now();
        failedStarts = 0;
        answering.resolve();
        if (endedHow !== undefined) {
          restarts += 1;
          options.onRestart?.(plan.name, endedHow);
        }
        endedHow = await current.end;
        answering = Promise.withResolvers();
        answering.promise.catch(() => {});
      } else {
        failedStarts += 1;
      }
      run = undefined;
      if (stopped.aborted) return;
      if (error !== undefined && (endedHow === undefined || failedStarts >= maxFailedStarts)) {
        state = "failed";
        answering.reject(error);
        if (endedHow !== undefined) options.onGiveUp?.(plan.name, error);
        return;
      }
      if (!restart) {
        state = "stopped";
        return;
      }
      state = "waiting";
      const steady = answeredAt !== undefined && Date.now() - answeredAt >= steadyAfterMs;
      earlyEnds = steady ? 0 : earlyEnds + 1;
      const pause = Math.min(maxPauseMs, pauseMs * 2 ** Math.max(0, earlyEnds - 1));
      await delay(pause, undefined, { signal: stopped }).catch(() => {});
    }
  }

  return {
    name: plan.name,
    get state() {
      return state;
    },
    get pid() {
      return run?.over === false ? run.child.pid : undefined;
    },
    get restarts() {
      return restarts;
    },
    start() {
      if (keeping === undefined) {
        answering = Promise.withResolvers();
        answering.promise.catch(() => {});
        const controller = new AbortController();
        stopping = controller;
        keeping = keep(controller.signal).finally(() => {
          answering.reject(new Error(`${plan.name} was stopped before it answered.`));
          keeping = undefined;
        });
      }
      return answering.promise;
    },
    async stop() {
      if (keeping === undefined) {
        state = "stopped";
        return;
      }
      stopping?.abort();
      const current = run;
      if (current !== undefined && !current.over) {
        current.child.kill("SIGTERM");
        // A suspended process takes the SIGTERM only when it goes on.
        current.child.kill("SIGCONT");
        const kill = setTimeout(() => current.child.kill("SIGKILL"), plan.stopWithinMs);
        await current.end;
        clearTimeout(kill);
      }
      await keeping;
      state = "stopped";
    },
    kill: (signal) => run?.over === false && run.child.kill(signal),
    async ended() {
      await run?.end;
    },
  };
}
