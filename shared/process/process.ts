/**
 * Runs a tier as a process: an invalid environment ends it before it listens, a signal stops it gracefully, and an
 * uncaught error stops it with exit code 1, whatever happens to its log.
 */
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import type { Lifecycle } from "./lifecycle.ts";
import type { ProcessLog } from "./logger.ts";
import { TurnoutError } from "../errors.ts";

export interface Tier {
  readonly lifecycle: Lifecycle;
  readonly log: ProcessLog;
}

/** The parts of Node's `process` that are needed: passed in, since only `main.ts` files use the real one. */
export type HostProcess = Pick<NodeJS.Process, "on" | "once" | "exit" | "kill" | "pid" | "stderr">;

/** Time for V8's mid-tier compiler to finish: milliseconds per function. */
const compilationsEndWithinMs = 25;

/** An exit during V8's mid-tier compilation can hang; see docs/decisions/0007. */
function startNoCompilations(): void {
  setFlagsFromString("--no-maglev");
}

/**
 * @param host the real `process`
 * @param build reads the environment and assembles the parts; its errors go to standard error, exit 1
 * @returns when the tier runs or was stopped meanwhile. Exit codes: 0 stopped cleanly, 1 otherwise.
 */
export async function runProcess(host: HostProcess, build: () => Promise<Tier>): Promise<void> {
  // Standard error may be closed or on a full disk.
  host.stderr.on("error", () => {});
  let tier: Tier;
  try {
    tier = await build();
  } catch (error) {
    startNoCompilations();
    host.stderr.write(`${explain(error)}\n`);
    await delay(compilationsEndWithinMs);
    return host.exit(1);
  }
  const { lifecycle, log } = tier;

  async function end(why: string, code: number): Promise<void> {
    startNoCompilations();
    log.logger.info({ why }, "stopping");
    const clean = await lifecycle.stop();
    log.logger.info({ clean }, "stopped");
    const [written] = await Promise.all([log.close(), delay(compilationsEndWithinMs)]);
    // An exit would wait for ever for the thread blocked in a write.
    if (!written) host.kill(host.pid, "SIGKILL");
    host.exit(clean ? code : 1);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) host.on(signal, () => void end(signal, 0));
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    host.on(event, (error: unknown) => {
      log.logger.fatal({ err: error }, event);
      void end(event, 1);
    });
  }
  try {
    await lifecycle.start();
  } catch (error) {
    host.stderr.write(`${explain(error)}\n`);
    log.logger.fatal({ err: error }, "could not start");
    await end("could not start", 1);
  }
}

function explain(error: unknown): string {
  if (error instanceof TurnoutError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
