/** Acceptance for the console: its state for every page, and the changes, by the rules of `admin/acceptance/`. */
import { readAcceptance } from "../shared/acceptance/acceptance.ts";
import { createAcceptanceWatch } from "../shared/acceptance/acceptance-watch.ts";
import { createAcceptanceStore, type AcceptanceOrder } from "../admin/acceptance/acceptance-store.ts";
import { toAcceptanceOutput, type AcceptanceOutput } from "../admin/acceptance/acceptance-view.ts";
import type { Connection } from "../terminal/connection.ts";

export interface AcceptanceService {
  /** Reads it every few seconds from now on. */
  start(): Promise<void>;
  stop(): void;
  /** @returns what was read last, for the header of every page; undefined before the first read */
  latest(): AcceptanceOutput | undefined;
  /** @throws the SDK's error */
  read(): Promise<AcceptanceOutput>;
  /** @param version that the person saw. @throws as the store's `change` */
  change(order: AcceptanceOrder, why: string, version: number): Promise<void>;
}

export interface AcceptanceServiceOptions {
  readonly connection: Pick<Connection, "documents" | "controlsTable" | "deadLettersTable" | "identity">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export function createAcceptanceService({ connection, wallClock }: AcceptanceServiceOptions): AcceptanceService {
  const { documents, controlsTable: table } = connection;
  const store = createAcceptanceStore({ connection, wallClock });
  const watch = createAcceptanceWatch({
    read: (signal) => readAcceptance({ documents, table, consistent: true, signal }),
    wallClock,
    now: () => performance.now(),
    random: Math.random,
  });
  return {
    start: watch.start,
    stop: watch.stop,
    latest: () => (watch.ageSeconds() === undefined ? undefined : toAcceptanceOutput(watch.latest(), wallClock())),
    read: async () => toAcceptanceOutput(await store.read(), wallClock()),
    async change(order, why, version) {
      await store.change(order, why, version);
      // The next page says it.
      await watch.refresh();
    },
  };
}
