/** What the guard's thread is given, and what it says. */
import type { EngineAddress } from "./guard.ts";

export interface GuardOrder {
  readonly host: string;
  readonly port: number;
  readonly engine: EngineAddress;
}

/** Sent once it listens. */
export const listening = "listening";
