/**
 * Searches and counts that were started from the console. Each reads through the whole table, so only a few run at once, each
 * at a part of the pace that hurts nobody who registers. They run whether or not a page is open, and can be stopped. What was
 * found is kept in memory, for a limited time.
 */
import { randomUUID } from "node:crypto";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { countableFields, countRegistrations, type Counts } from "../admin/registrations/counts.ts";
import { tableSource, type TableSourceOptions } from "../admin/registrations/registration-source.ts";
import { searchRegistrations, searchWords, type FoundPerson } from "../admin/registrations/search.ts";
import { explain } from "../terminal/exit.ts";

export interface RegistrationScan {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly state: "running" | "stopping" | "done" | "stopped" | "failed";
  /** Items read so far. */
  readonly read: number;
  /** About so many there are; undefined where that is not known. */
  readonly total: number | undefined;
  /** Why it failed, in lines; else empty. */
  readonly trouble: readonly string[];
  readonly result:
    | {
        readonly kind: "search";
        readonly text: string;
        readonly found: readonly FoundPerson[];
        /** Because of the limit. */
        readonly more: boolean;
      }
    | {
        readonly kind: "counts";
        /** Undefined before its end. */
        readonly counts: Counts | undefined;
      };
}

export interface RegistrationScans {
  /** @param text part of an address or a name. @throws TURNOUT_REQUEST_INVALID if it is blank, or while too many run */
  search(text: string): RegistrationScan;
  /** @throws TURNOUT_REQUEST_INVALID while too many run */
  count(): RegistrationScan;
  /** @returns undefined for one that is not kept any more */
  find(id: string): RegistrationScan | undefined;
  /** Stops it after the page under way. Safe to call twice, and for one that has ended. */
  stop(id: string): void;
  /** Calls this with each new state, at most every quarter of a second for one scan. */
  watch(listener: (scan: RegistrationScan) => void): void;
}

export interface RegistrationScansOptions {
  readonly connection: Omit<TableSourceOptions, "maxReadUnits">;
  readonly event: EventDefinition | undefined;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

const maxScans = 2;
/** Read capacity units a second of each; all together as much as a search for a reference. */
const maxReadUnits = 250;
export const maxFound = 100;
const keptScans = 20;
const keptMs = 30 * 60_000;
const tellEveryMs = 250;

interface Kept {
  scan: RegistrationScan;
  readonly stop: AbortController;
}

type Step = (
  signal: AbortSignal,
  onProgress: (read: number, total: number | undefined) => void,
  update: (result: RegistrationScan["result"]) => void,
) => Promise<void>;

export function isRunning({ state }: RegistrationScan): boolean {
  return state === "running" || state === "stopping";
}

export function createRegistrationScans(options: RegistrationScansOptions): RegistrationScans {
  const { connection, event, signal: ending, wallClock } = options;
  const source = tableSource({ ...connection, maxReadUnits });
  const listeners: ((scan: RegistrationScan) => void)[] = [];
  let all: Kept[] = [];

  function forgetOld(): void {
    const oldest = wallClock() - keptMs;
    all = all.filter(({ scan }) => isRunning(scan) || scan.startedAt >= oldest).slice(-keptScans);
  }

  function checkRoom(): void {
    if (all.filter(({ scan }) => isRunning(scan)).length < maxScans) return;
    throw new TurnoutError(
      "TURNOUT_REQUEST_INVALID",
      `${maxScans} searches or counts are running already, the most at once. Wait for one to end, or stop it.`,
    );
  }

  function start(result: RegistrationScan["result"], step: Step): RegistrationScan {
    forgetOld();
    checkRoom();
    const stop = new AbortController();
    const kept: Kept = {
      stop,
      scan: {
        id: randomUUID(),
        startedAt: wallClock(),
        state: "running",
        read: 0,
        total: undefined,
        trouble: [],
        result,
      },
    };
    all.push(kept);
    let timer: NodeJS.Timeout | undefined;
    const tell = () => {
      clearTimeout(timer);
      timer = undefined;
      for (const listener of listeners) listener(kept.scan);
    };
    const change = (next: Partial<RegistrationScan>) => {
      kept.scan = { ...kept.scan, ...next };
      timer ??= setTimeout(tell, tellEveryMs).unref();
    };
    stop.signal.addEventListener("abort", () => change({ state: "stopping" }));
    const signal = AbortSignal.any([stop.signal, ending]);
    void step(
      signal,
      (read, total) => change({ read, total }),
      (latest) => change({ result: latest }),
    )
      .then(
        () => change({ state: "done" }),
        (error: unknown) =>
          change(signal.aborted ? { state: "stopped" } : { state: "failed", trouble: explain(error).split("\n") }),
      )
      .finally(tell);
    return kept.scan;
  }

  return {
    search(text) {
      const words = searchWords(text);
      if (words.length === 0) {
        throw new TurnoutError("TURNOUT_REQUEST_INVALID", "Enter a part of an address or a name.");
      }
      const found: FoundPerson[] = [];
      return start({ kind: "search", text, found: [], more: false }, async (signal, onProgress, update) => {
        const search = { source, words, limit: maxFound, signal, onProgress };
        const result = await searchRegistrations({
          ...search,
          onFound(person) {
            found.push(person);
            update({ kind: "search", text, found: [...found], more: false });
          },
        });
        update({ kind: "search", text, found: result.found, more: !result.complete });
      });
    },
    count() {
      return start({ kind: "counts", counts: undefined }, async (signal, onProgress, update) => {
        const by = countableFields(event);
        const now = wallClock();
        const counting = { source, withWithdrawn: true, event, by, per: "hour", now, signal, onProgress } as const;
        update({ kind: "counts", counts: await countRegistrations(counting) });
      });
    },
    find(id) {
      forgetOld();
      return all.find(({ scan }) => scan.id === id)?.scan;
    },
    stop(id) {
      const kept = all.find(({ scan }) => scan.id === id);
      if (kept && isRunning(kept.scan)) kept.stop.abort();
    },
    watch: (listener) => void listeners.push(listener),
  };
}
