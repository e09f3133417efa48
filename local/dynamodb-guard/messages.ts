/** Messages to and from the guard's thread: its options, and one when it listens. */
import type { EngineAddress } from "./guard.ts";

export interface GuardOrder {
  readonly host: string;
  readonly port: number;
  readonly engine: EngineAddress;
}
