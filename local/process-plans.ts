/** How each process of the local stack is started, when it counts as ready and how long it may take to stop. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineAddress } from "./dynamodb-guard/guard.ts";
import { probe } from "./http-probe.ts";
import { loopback } from "./ports.ts";
import type { ProcessPlan } from "./supervisor.ts";
import { stopDeadlineSeconds } from "./tier-environment.ts";

const root = join(import.meta.dirname, "..");
/** A bound for a machine with other things to do; usually it takes a second. */
const readyWithinMs = 45_000;
const engineStopWithinMs = 4_000;
/** It waits for the step of a replay that has just been sent. */
const consoleStopWithinMs = 6_000;
const tierStopWithinMs = (stopDeadlineSeconds + 2) * 1_000;
/**
 * As in `npm run web`, `npm run worker` and the Procfile. Left to itself, Node makes the space for young objects the larger
 * the more memory the machine has: a tier that needs 200 MiB then takes 350.
 */
const tierNodeFlags = ["--max-semi-space-size=8"];
/** Where Node keeps what it compiled, and finds it at the next start, which then takes half the time. */
const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };

export function urlOf(port: number): string {
  return `http://${loopback}:${port}`;
}

/** @param folder in which queues and messages are kept */
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

/**
 * @param engine where it listens; nobody but its guard is told
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
 * The tier's own `main.ts`, as production starts it. It counts as started when it answers at all: one that cannot reach
 * its queue or table waits for them and says so, and starting it again would mend nothing.
 */
export function tierPlan(tier: "web" | "worker", port: number, env: Record<string, string>): ProcessPlan {
  return {
    name: tier,
    command: process.execPath,
    args: [...tierNodeFlags, join(root, tier, "main.ts")],
    env: { ...compileCache, ...env },
    cwd: root,
    isReady: async () => (await probe(`${urlOf(port)}/health`)) !== undefined,
    readyWithinMs,
    stopWithinMs: tierStopWithinMs,
  };
}

/**
 * The operator's console, as `turnout console` starts it.
 * @param openToMachine whether it opens without its link: for engines that everybody on this machine can reach anyway
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
