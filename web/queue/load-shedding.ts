/**
 * Load shedding: decides before any work whether to take a request, and otherwise when the client should come back.
 * Registrations and status requests have a shedder each. It uses measured signals, not configured rates: fill and age
 * of the buffer, event loop delay, and whether the dependency answers.
 *
 * Rejecting must be cheap, so it only compares a few numbers.
 */
export type ShedReason = "buffer-full" | "buffer-slow" | "event-loop" | "failing";

/** A shedder's input: `GroupCommitFigures` for registrations, `CallLoad` for status requests and links by mail. */
export interface Load {
  /** Served since the start. */
  readonly served: number;
  /** Buffered. */
  readonly waiting: number;
  /** Whether the buffer takes another one. */
  readonly hasRoom: boolean;
  /** Age of the oldest buffered one. */
  readonly oldestWaitMs: number;
  /** Calls to the dependency without a result yet. */
  readonly callsInFlight: number;
  /** How long these calls have failed without a success. */
  readonly failingMs: number;
  /** Age of the latest call; 0 when there is none. */
  readonly latestCallMs: number;
}

export interface Rejection {
  readonly reason: ShedReason;
  /** Whole seconds, spread at random so that clients do not return together. */
  readonly retryAfterSeconds: number;
}

export interface LoadShedder {
  /** @returns undefined when another request can be taken */
  rejection(): Rejection | undefined;
  /** Total rejected since the start. */
  readonly shed: number;
}

export interface LoadShedderOptions {
  readonly load: () => Load;
  /** Event loop delay, milliseconds. */
  readonly loopDelayMs: () => number;
  /** Event loop delay from which requests are shed; at twice that, every second one. */
  readonly maxLoopDelayMs: number;
  /** Wait of the oldest buffered one from which all are shed. */
  readonly maxWaitMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

const sampleMs = 1_000;
/** How long all calls may fail before only one request at a time is let through as a probe. */
const failingTimeoutMs = 1_500;
/** A probe this old may have hit a bad connection, so another one is allowed. */
const tryAgainAfterMs = 1_000;
const longestRetrySeconds = 60;

export function createLoadShedder(options: LoadShedderOptions): LoadShedder {
  const { load, loopDelayMs, maxLoopDelayMs, maxWaitMs, now, random } = options;
  let shed = 0;
  let sampledAt = now();
  let shedAtSample = 0;
  let servedAtSample = 0;
  let shedPerSecond = 0;
  let servedPerSecond = 0;

  function sample({ served }: Load): void {
    const at = now();
    const seconds = (at - sampledAt) / 1_000;
    if (at - sampledAt < sampleMs) return;
    shedPerSecond = (shed - shedAtSample) / seconds;
    servedPerSecond = (served - servedAtSample) / seconds;
    sampledAt = at;
    shedAtSample = shed;
    servedAtSample = served;
  }

  function reasonFor(current: Load): ShedReason | undefined {
    const { hasRoom, oldestWaitMs, failingMs, callsInFlight, latestCallMs } = current;
    if (failingMs > failingTimeoutMs && callsInFlight > 0 && latestCallMs < tryAgainAfterMs) return "failing";
    if (!hasRoom) return "buffer-full";
    if (oldestWaitMs > maxWaitMs) return "buffer-slow";
    return isTooLate() ? "event-loop" : undefined;
  }

  /**
   * A share, not all: the delay comes from the last sample, and a busy loop may not sample again for a second. Shedding
   * all until then would leave the instance idle.
   */
  function isTooLate(): boolean {
    const delay = loopDelayMs();
    return delay > maxLoopDelayMs && random() >= maxLoopDelayMs / delay;
  }

  /**
   * Time to work off the buffer at the current rate, plus a random part long enough for all clients rejected per second
   * to be served. The longest window while nothing is served.
   */
  function retryAfterSeconds(waiting: number): number {
    const pace = Math.max(servedPerSecond, 1);
    const windowSeconds = Math.min(longestRetrySeconds, Math.max(2, (2 * shedPerSecond) / pace));
    return Math.min(longestRetrySeconds, Math.ceil(1 + Math.min(waiting / pace, 5) + random() * windowSeconds));
  }

  return {
    rejection() {
      const current = load();
      sample(current);
      const reason = reasonFor(current);
      if (!reason) return undefined;
      shed += 1;
      return { reason, retryAfterSeconds: retryAfterSeconds(current.waiting) };
    },
    get shed() {
      return shed;
    },
  };
}
