/**
 * Keeps a process informed about acceptance: reads the item every two seconds, and holds what it last knew while the
 * table does not answer. Whoever asks whether it is paused gets a value from memory.
 *
 * Before the first successful read nothing is paused: a table that cannot be read must not stop registrations, which need
 * the queue alone.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Part } from "../process/lifecycle.ts";
import { acceptedByDefault, isPaused, type Acceptance } from "./acceptance.ts";

export interface AcceptanceWatch extends Part {
  readonly start: () => Promise<void>;
  readonly stop: () => void;
  /** Reads at once. Never rejects. */
  refresh(): Promise<void>;
  /** Whether new registrations are turned away now. A pause with an end is over by this process's clock. */
  isPaused(): boolean;
  /** What was read last; the same object until it changes. */
  latest(): Acceptance;
  /** Seconds since the latest successful read; undefined before the first. */
  ageSeconds(): number | undefined;
}

export interface AcceptanceWatchOptions {
  /** Reads the item. Bounded by the caller's client; also aborted by the signal. */
  readonly read: (signal: AbortSignal) => Promise<Acceptance>;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Called after a read that found another version. */
  readonly onChange?: (acceptance: Acceptance) => void;
  /** Called after each read that failed, and after the first one that succeeds again. */
  readonly onFailure?: (error: unknown) => void;
  readonly onReadAgain?: () => void;
  /** Mean pause between two reads, milliseconds. Default: 2 s. */
  readonly everyMs?: number;
  /** Bound of each read. Default: 1.5 s. */
  readonly timeoutMs?: number;
  /** Bound of the start, which waits for the first successful read. Default: 6 s. */
  readonly firstReadWithinMs?: number;
}

const defaultEveryMs = 2_000;
const defaultTimeoutMs = 1_500;
const defaultFirstReadWithinMs = 6_000;
/** The first call of a process that starts is slow: it opens a connection, and may load credentials. */
const firstReadPauseMs = 100;
/** Short, since a pause must be seen soon after the table answers again. */
const longestBackoffMs = 8_000;

/** Where nobody can order anything, such as in a preview. */
export const alwaysOpen: Pick<AcceptanceWatch, "isPaused" | "latest" | "ageSeconds"> = {
  isPaused: () => false,
  latest: () => acceptedByDefault,
  ageSeconds: () => undefined,
};

export function createAcceptanceWatch(options: AcceptanceWatchOptions): AcceptanceWatch {
  const { read, wallClock, now, random, onChange, onFailure, onReadAgain } = options;
  const { everyMs = defaultEveryMs, timeoutMs = defaultTimeoutMs } = options;
  const { firstReadWithinMs = defaultFirstReadWithinMs } = options;
  const stopping = new AbortController();
  let known = acceptedByDefault;
  let mayBePaused = false;
  let readAt: number | undefined;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  async function readOnce(withinMs = timeoutMs): Promise<void> {
    try {
      const found = await read(AbortSignal.any([stopping.signal, AbortSignal.timeout(withinMs)]));
      readAt = now();
      if (failures > 0) onReadAgain?.();
      failures = 0;
      if (found.version === known.version && found.at === known.at) return;
      known = found;
      mayBePaused = found.state === "paused";
      onChange?.(found);
    } catch (error) {
      if (stopping.signal.aborted) return;
      failures += 1;
      onFailure?.(error);
    }
  }

  /** From three to five quarters of it, so that processes that started together do not read together. */
  function pauseMs(): number {
    const mean = failures === 0 ? everyMs : Math.min(everyMs * 2 ** (failures - 1), longestBackoffMs);
    return mean * (0.75 + random() / 2);
  }

  function schedule(): void {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => void readOnce().then(schedule), pauseMs());
    timer.unref();
  }

  return {
    name: "acceptance",
    async start() {
      const endsAt = now() + firstReadWithinMs;
      for (let leftMs = firstReadWithinMs; readAt === undefined && leftMs > 0; leftMs = endsAt - now()) {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await readOnce(Math.ceil(leftMs));
        // oxlint-disable-next-line no-await-in-loop
        if (readAt === undefined) await delay(firstReadPauseMs);
      }
      schedule();
    },
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
    refresh: () => readOnce(),
    isPaused: () => mayBePaused && isPaused(known, wallClock()),
    latest: () => known,
    ageSeconds: () => (readAt === undefined ? undefined : (now() - readAt) / 1_000),
  };
}
