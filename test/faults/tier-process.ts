/**
 * A tier as the process that production runs, `node web/main.ts` or `node worker/main.ts`, started again at once whenever
 * it ends, as systemd does on an instance. What it printed, and how each of its lives ended, can be read.
 */
import { resolve } from "node:path";
import type { OrphanGuard } from "../../local/orphan-guard/orphan-guard.ts";
import { findFreePort } from "../../local/ports.ts";
import { tierPlan, urlOf } from "../../local/process-plans.ts";
import { createSupervisedProcess, type SupervisedProcess } from "../../local/supervisor.ts";
import { metricIn } from "../equipment/metrics.ts";

export type TierName = "web" | "worker";

export interface TierOptions {
  readonly tier: TierName;
  /** Name of this instance, such as `worker-2`. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Another program in the place of the tier's own `main.ts`; a path. */
  readonly program?: string | undefined;
  /** Start it again when it ends; default true. */
  readonly restart?: boolean | undefined;
  readonly guard: OrphanGuard;
}

export interface TierProcess {
  readonly tier: TierName;
  readonly name: string;
  readonly url: string;
  readonly process: SupervisedProcess;
  /** Lines of its log, parsed; of all its lives. The newest thousand. */
  readonly log: readonly LogLine[];
  /** How each of its lives ended so far, such as "ended by SIGKILL" or "ended with exit code 0". */
  readonly ends: readonly string[];
  /** Sends a signal, as from outside. @returns whether there was a process to take it */
  kill(signal: NodeJS.Signals): boolean;
  /** Kills it as `kill -9` does, and waits until it is dead. @returns whether there was one to kill */
  crash(): Promise<boolean>;
  health(): Promise<TierHealth>;
  /** @returns the sum of a metric over its labels */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

export interface TierHealth {
  /** HTTP status; undefined when it did not answer. */
  readonly httpStatus: number | undefined;
  readonly causes: readonly string[];
}

export interface LogLine extends Record<string, unknown> {
  readonly level?: string;
  readonly msg?: string;
}

const keptLines = 1_000;
const restartPauseMs = 20;
/** A tier that is there answers, however long a busy machine lets it wait; one that is not, refuses the connection. */
const askTimeoutMs = 20_000;

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
}

/** @returns when it answers */
export async function startTierProcess(options: TierOptions): Promise<TierProcess> {
  const { tier, name, environment, program, restart = true, guard } = options;
  const port = await findFreePort();
  const url = urlOf(port);
  const plan = tierPlan(tier, port, { ...environment, HOST: "127.0.0.1", PORT: String(port) });
  const log: LogLine[] = [];
  const ends: string[] = [];
  const supervised = createSupervisedProcess(
    program === undefined ? plan : { ...plan, args: [resolve(import.meta.dirname, program)] },
    {
      restart,
      pauseMs: restartPauseMs,
      maxPauseMs: restartPauseMs,
      maxFailedStarts: 100,
      onLine(_, line) {
        log.push(parse(line));
        if (log.length > keptLines) log.shift();
      },
      onSpawn: (_, pid) => guard.watch(pid),
      onEnd(_, pid, how) {
        guard.forget(pid);
        ends.push(how);
      },
    },
  );
  await supervised.start();

  async function ask(path: string): Promise<Response> {
    return fetch(`${url}${path}`, { signal: AbortSignal.timeout(askTimeoutMs) });
  }

  return {
    tier,
    name,
    url,
    process: supervised,
    log,
    ends,
    kill: (signal) => supervised.kill(signal),
    async crash() {
      const killed = supervised.kill("SIGKILL");
      await supervised.ended();
      return killed;
    },
    async health() {
      try {
        const response = await ask("/health");
        const { causes = [] } = (await response.json()) as { causes?: string[] };
        return { httpStatus: response.status, causes };
      } catch {
        return { httpStatus: undefined, causes: [] };
      }
    },
    async metric(metric) {
      return metricIn(await (await ask("/metrics")).text(), metric);
    },
    stop: () => supervised.stop(),
  };
}
