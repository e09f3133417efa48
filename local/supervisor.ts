/**
 * Keeps a process running like systemd on Elastic Beanstalk: starts it, waits until it answers, restarts it when it
 * ends unexpectedly, and gives up after repeated failures.
 *
 *     stopped ──start()──► starting ──answers──► running
 *        ▲                  │    ▲                  │ ends unasked
 *        │                  │    └──── waiting ◄────┘ (a pause that grows while it keeps ending early)
 *        │                  └─ the first start failed, or several in a row ──► failed
 *        └──stop(), from anywhere
 *
 * A failed first start is not retried: its cause (a variable, a file) would not change.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

export interface ProcessPlan {
  /** Display name: `web`, `worker`, `sqs`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** One probe, with its own timeout. */
  isReady(): Promise<boolean>;
  /** Runs each time it answers, before others may use it. A failure counts as a failed start. */
  afterReady?(): Promise<void>;
  readonly readyWithinMs: number;
  /** Time from SIGTERM to SIGKILL. */
  readonly stopWithinMs: number;
}

export interface SupervisorHooks {
  /** Called per line of standard output and standard error. */
  onLine?(name: string, line: string): void;
  onSpawn?(name: string, pid: number): void;
  /** @param how for display: "ended by SIGKILL", "ended with exit code 1" */
  onEnd?(name: string, pid: number, how: string): void;
  /** It answers again after an unexpected end. */
  onRestart?(name: string, how: string): void;
  /** No further restart follows. Not called when `start()` fails, which rejects. */
  onGiveUp?(name: string, error: Error): void;
}

export interface SupervisorOptions extends SupervisorHooks {
  /** Whether to restart it after an unexpected end. Default: true. */
  readonly restart?: boolean;
  /** Pause before the first restart; doubles while the process keeps ending early. Default: 250 ms. */
  readonly pauseMs?: number;
  /** Default: 5,000 ms. */
  readonly maxPauseMs?: number;
  /** Failed restarts in a row before giving up. Default: 5. */
  readonly maxFailedStarts?: number;
}

export type ProcessState = "stopped" | "starting" | "running" | "waiting" | "failed";

export interface SupervisedProcess {
  readonly name: string;
  readonly state: ProcessState;
  /** Undefined while none runs. */
  readonly pid: number | undefined;
  /** Number of restarts. */
  readonly restarts: number;
  /**
   * Starts it if needed. Resolves when it answers, also after a restart. Safe at any time, also after `stop()`.
   * @throws Error with the process's last lines
   */
  start(): Promise<void>;
  /** Stops it: SIGTERM, after `stopWithinMs` SIGKILL. Safe to repeat, and without a start. */
  stop(): Promise<void>;
  /** Sends a signal from outside: the end counts as unexpected. @returns whether a process took it */
  kill(signal: NodeJS.Signals): boolean;
  /** Resolves when the current process has ended; at once when there is none. */
  ended(): Promise<void>;
}

/** After answering for this long, the restart pause is reset. */
const steadyAfterMs = 10_000;
const pollIntervalMs = 50;
/** Enough for a trace of Node, whose first line names the file. */
const keptLines = 25;

interface Run {
  readonly child: ChildProcess;
  readonly lastLines: string[];
  /** How it ended, for display. */
  readonly end: Promise<string>;
  over: boolean;
}

function launch(plan: ProcessPlan, hooks: SupervisorHooks): Run {
  const child = spawn(plan.command, plan.args, {
    env: plan.env,
    ...(plan.cwd !== undefined && { cwd: plan.cwd }),
    // Its own process group: Ctrl-C reaches only the supervisor, which stops everything in order.
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
  // "close", not "exit": its last lines are read by then.
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

/** @returns the process, not started */
export function createSupervisedProcess(plan: ProcessPlan, options: SupervisorOptions = {}): SupervisedProcess {
  const { restart = true, pauseMs = 250, maxPauseMs = 5_000, maxFailedStarts = 5 } = options;
  let state: ProcessState = "stopped";
  let run: Run | undefined;
  let restarts = 0;
  let keeping: Promise<void> | undefined;
  let stopping: AbortController | undefined;
  let answering = Promise.withResolvers<void>();

  /** @returns undefined when it answers, otherwise why not */
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
        // A suspended process takes SIGTERM only after SIGCONT.
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
