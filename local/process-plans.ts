/** How each process of the local stack is started, when it is ready, and how long it may take to stop. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineAddress } from "./dynamodb-guard/guard.ts";
import { probe } from "./http-probe.ts";
import { loopback } from "./ports.ts";
import type { ProcessPlan } from "./supervisor.ts";
import { stopDeadlineSeconds } from "./tier-environment.ts";

const root = join(import.meta.dirname, "..");
/** Generous, for a busy machine; usually a second. */
const readyWithinMs = 45_000;
const engineStopWithinMs = 4_000;
/** It waits for the current step of a replay. */
const consoleStopWithinMs = 6_000;
const tierStopWithinMs = (stopDeadlineSeconds + 2) * 1_000;
/**
 * As in `npm run web`, `npm run worker` and the Procfile: a young generation of 32 MiB from the start, in which most of what
 * belongs to a request or a call dies, and an old one that is collected at once and a third of what is in use. V8 would
 * otherwise learn from the first small collections to allocate in the old one what lives for milliseconds. Measured: a tenth
 * less CPU time than with the usual growth, and as much memory at the end as early. See docs/performance.md.
 */
const tierNodeFlags = [
  "--min-semi-space-size=32",
  "--max-semi-space-size=32",
  "--heap-growing-percent=30",
  "--no-allocation-site-pretenuring",
];
/** Node's compile cache halves the time of the next start. */
const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };

export function urlOf(port: number): string {
  return `http://${loopback}:${port}`;
}

/** @param folder for queues and messages */
export function sqsPlan(port: number, region: string, folder: string, afterReady: () => Promise<void>): ProcessPlan {
  return {
    name: "sqs",
    command: process.execPath,
    args: [join(import.meta.dirname, "sqs-engine", "main.ts")],
    env: { ...compileCache, PORT: String(port), DATA_FOLDER: folder, AWS_REGION: region },
    isReady: async () => (await probe(urlOf(port))) !== undefined,
    afterReady,
    readyWithinMs,
    stopWithinMs: engineStopWithinMs,
  };
}

/** Its mails are gone when it ends. */
export function sesPlan(port: number): ProcessPlan {
  return {
    name: "mail",
    command: process.execPath,
    args: [join(import.meta.dirname, "ses-engine", "main.ts")],
    env: { ...compileCache, PORT: String(port) },
    isReady: async () => (await probe(`${urlOf(port)}/health`)) === 200,
    readyWithinMs,
    stopWithinMs: engineStopWithinMs,
  };
}

/**
 * @param engine its address, known only to its guard
 * @param binary path of dynoxide
 * @param file database file
 */
export function dynamoDbPlan(
  { host, port }: EngineAddress,
  binary: string,
  file: string,
  afterReady: () => Promise<void>,
): ProcessPlan {
  return {
    name: "dynamodb",
    command: binary,
    args: ["serve", "--host", host, "--port", String(port), "--db-path", file],
    env: {},
    isReady: async () => (await probe(`http://${host}:${port}`)) === 200,
    afterReady,
    readyWithinMs,
    stopWithinMs: engineStopWithinMs,
  };
}

/**
 * The tier's `main.ts`, as in production. Started once it answers: without queue or table it waits and says so, and a
 * restart would not help.
 * @param inspectPort where a debugger may connect. Default: nowhere
 */
export function tierPlan(
  tier: "web" | "worker",
  port: number,
  env: Record<string, string>,
  inspectPort?: number,
): ProcessPlan {
  const inspect = inspectPort === undefined ? [] : [`--inspect=${loopback}:${inspectPort}`];
  return {
    name: tier,
    command: process.execPath,
    args: [...tierNodeFlags, ...inspect, join(root, tier, "main.ts")],
    env: { ...compileCache, ...env },
    cwd: root,
    isReady: async () => (await probe(`${urlOf(port)}/health`)) !== undefined,
    readyWithinMs,
    stopWithinMs: tierStopWithinMs,
  };
}

/**
 * The console, as started by `turnout console`.
 * @param openToMachine opens without its link: when everybody on the machine can reach the engines anyway
 */
export function consolePlan(port: number, env: Record<string, string>, openToMachine: boolean): ProcessPlan {
  const flags = openToMachine ? ["--open-to-machine"] : [];
  return {
    name: "console",
    command: process.execPath,
    args: [join(root, "cli", "main.ts"), "console", "--port", String(port), ...flags],
    env: { ...compileCache, ...env },
    cwd: root,
    isReady: async () => (await probe(`${urlOf(port)}/health`)) === 200,
    readyWithinMs,
    stopWithinMs: consoleStopWithinMs,
  };
}
