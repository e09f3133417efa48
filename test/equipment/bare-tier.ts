/**
 * A tier as the process that production runs, with standard output, limits and signals as a test wants them. Nothing
 * supervises it and nothing reads its log.
 */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Test } from "tap";
import { findFreePort } from "../../local/ports.ts";
import { createOrphanGuard } from "../../local/orphan-guard/orphan-guard.ts";
import { tierPlan, urlOf } from "../../local/process-plans.ts";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import { eventually, stretched } from "./eventually.ts";
import { readMetric } from "./metrics.ts";

export interface BareTierOptions {
  readonly tier: "web" | "worker";
  /** Default: standard output and standard error go nowhere. */
  readonly stdio?: StdioOptions;
  readonly environment?: Readonly<Record<string, string>>;
  /** Most files that it may have open, sockets included. */
  readonly maxOpenFiles?: number;
  /** A module that it loads before anything else; a file of `preloads`. */
  readonly preload?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Wait until it answers; default true. */
  readonly untilReady?: boolean;
}

export interface BareTier {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** @returns the body of `/health` when it answers within the time */
  health(withinMs?: number): Promise<unknown>;
  /** @returns the sum of a metric over its labels */
  metric(name: string): Promise<number>;
  /** Resident memory, in MiB. */
  memory(): Promise<number>;
}

const readyWithinMs = 45_000;
/** A busy machine must not make it shed, or give up a send. */
const longTimeouts = {
  SEND_TIMEOUT_MS: "30000",
  WRITE_TIMEOUT_MS: "10000",
  MAX_WAIT_MS: "30000",
  SHED_WAIT_MS: "30000",
  MAX_EVENT_LOOP_DELAY_MS: "10000",
  RATE_LIMIT_PER_MINUTE: "0",
};
const receiptKeys = `test:${Buffer.alloc(32, 5).toString("base64")}`;

/** @returns the engines, started; the tiers of a test file share them */
export async function startEmbeddedEngines(): Promise<LocalStack> {
  const stack = createLocalStack({ tiers: [], periodicTasks: false });
  await stack.start();
  return stack;
}

export async function startBareTier(test: Test, engines: LocalStack, options: BareTierOptions): Promise<BareTier> {
  const { tier, stdio = "ignore", maxOpenFiles, preload, untilReady = true } = options;
  const port = options.port ?? (await findFreePort());
  const url = urlOf(port);
  const plan = tierPlan(tier, port, {
    ...engines.environment,
    ...longTimeouts,
    ...(tier === "web" && { RECEIPT_KEYS: receiptKeys }),
    ...(tier === "worker" && { RECEIVE_WAIT_SECONDS: "1", VISIBILITY_TIMEOUT_SECONDS: "10" }),
    STOP_DEADLINE_SECONDS: String(Math.round(stretched(10))),
    HOST: "127.0.0.1",
    PORT: String(port),
    ...options.environment,
  });
  const args = [
    ...(preload === undefined ? [] : ["--import", join(import.meta.dirname, "preloads", preload)]),
    ...plan.args,
  ];
  const limited =
    maxOpenFiles === undefined
      ? [plan.command, ...args]
      : ["sh", "-c", `ulimit -n ${maxOpenFiles}; exec "$@"`, "sh", plan.command, ...args];
  const child = spawn(limited[0]!, limited.slice(1), { env: plan.env, cwd: plan.cwd, stdio });
  // Should this process be killed, the tier must not outlive it.
  const guard = createOrphanGuard();
  if (child.pid !== undefined) guard.watch(child.pid);
  test.teardown(async () => {
    child.kill("SIGKILL");
    await guard.dismiss();
  });
  const ended = once(child, "exit").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));

  async function health(withinMs = 20_000): Promise<unknown> {
    try {
      const response = await fetch(`${url}/health`, {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(withinMs),
      });
      return await response.json();
    } catch {
      return undefined;
    }
  }

  if (untilReady) await eventually(() => health(1_000), `the ${tier} tier answers`, readyWithinMs);
  return {
    url,
    port,
    child,
    ended,
    health,
    metric: (name) => readMetric(url, name),
    // Missing, it fails every comparison.
    memory: async () => ((await readMetric(url, "process_resident_memory_bytes")) || Number.NaN) / 1_048_576,
  };
}
