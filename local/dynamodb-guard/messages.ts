/** What the guard's thread is given. It says one thing, as soon as it listens. */
import type { EngineAddress } from "./guard.ts";

export interface GuardOrder {
  readonly host: string;
  readonly port: number;
  readonly engine: EngineAddress;
}
