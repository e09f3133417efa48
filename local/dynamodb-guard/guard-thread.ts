/** Starts and stops the thread that guards the embedded DynamoDB. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { findFreePort, loopback } from "../ports.ts";
import { hiddenLoopback, type EngineAddress } from "./guard.ts";
import type { GuardOrder } from "./messages.ts";

export interface GuardThread {
  /** Where the engine has to listen. */
  readonly engine: EngineAddress;
  /** Ends it with all connections. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * @param port of 127.0.0.1 at which the engine is to be reached
 * @returns once it listens
 * @throws the system's error when the port cannot be used
 */
export async function startGuardThread(port: number): Promise<GuardThread> {
  const engine = { host: hiddenLoopback(process.platform), port: await findFreePort(new Set([port])) };
  const thread = new Worker(new URL("./main.ts", import.meta.url), {
    workerData: { host: loopback, port, engine } satisfies GuardOrder,
    env: {},
    // Nothing of how the program around it was started: coverage, tracing, inspection.
    execArgv: [],
  });
  await once(thread, "message");
  return {
    engine,
    async stop() {
      await thread.terminate();
    },
  };
}
