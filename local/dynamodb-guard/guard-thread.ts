/** Starts and stops the guard thread of the embedded DynamoDB. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { findFreePort, loopback } from "../ports.ts";
import { hiddenLoopback, type EngineAddress } from "./guard.ts";
import type { GuardOrder } from "./messages.ts";

export interface GuardThread {
  /** Where the engine must listen. */
  readonly engine: EngineAddress;
  /** Ends it with all connections. Safe to repeat. */
  stop(): Promise<void>;
}

/**
 * @param port of 127.0.0.1 for the engine
 * @returns when it listens
 * @throws the system's error when the port cannot be used
 */
export async function startGuardThread(port: number): Promise<GuardThread> {
  const engine = { host: hiddenLoopback(process.platform), port: await findFreePort(new Set([port])) };
  const thread = new Worker(new URL("./main.ts", import.meta.url), {
    workerData: { host: loopback, port, engine } satisfies GuardOrder,
    env: {},
    // Without the parent's Node options such as coverage, tracing or inspection.
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
