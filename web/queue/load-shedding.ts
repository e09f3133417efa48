/**
 * Load shedding: decides, before anything is done for a request, whether one more can be taken, and when whoever cannot be
 * taken should come back. Registrations have a shedder and looks at a status have one, each with the load of its own line.
 * The signals are measured, not configured rates: the length and age of the line, the delay of the event loop, and whether
 * what stands behind the line answers at all.
 *
 * What is rejected must be cheap, or rejecting would itself be the overload; so this compares a few numbers and nothing else.
 */
export type ShedReason = "buffer-full" | "buffer-slow" | "event-loop" | "failing";

/** What a shedder looks at. The line for the queue has it from `GroupCommitFigures`, that of the status reads from `StatusLoad`. */
export interface Load {
  /** Served since the start. */
  readonly served: number;
  /** In line. */
  readonly waiting: number;
  /** Whether the line takes one more. */
  readonly hasRoom: boolean;
  /** How long the first in line has waited. */
  readonly oldestWaitMs: number;
  /** Calls to what stands behind the line that have no answer yet. */
  readonly callsInFlight: number;
  /** For how long these calls have failed and none succeeded, judged by what was tried. */
  readonly failingMs: number;
  /** For how long the latest call has been under way; 0 while there is none. */
  readonly latestCallMs: number;
}

export interface Rejection {
  readonly reason: ShedReason;
  /** Whole seconds; spread over time, so that those who come back do not all come at once. */
  readonly retryAfterSeconds: number;
}

export interface LoadShedder {
  /** @returns undefined when one more can be taken */
  rejection(): Rejection | undefined;
  /** How many were rejected since the start. */
  readonly shed: number;
}

export interface LoadShedderOptions {
  readonly load: () => Load;
  /** How late the event loop is, milliseconds. */
  readonly loopDelayMs: () => number;
  /** Delay of the loop above which the more of them are not taken, the later it is: at twice as much, every second one. */
  readonly maxLoopDelayMs: number;
  /** Wait of the first in line above which no further ones are taken. */
  readonly maxWaitMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

const sampleMs = 1_000;
/** How long all calls may fail before only one request at a time tries whether that is over. */
const failingTimeoutMs = 1_500;
/** A try that has no answer after this long may just have met a bad connection: another one tries beside it. */
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
   * A share, not all: the delay is known from the last look, and a loop that many clients keep busy may not look again for a
   * second. Whoever sheds everybody for so long does nothing else.
   */
  function isTooLate(): boolean {
    const delay = loopDelayMs();
    return delay > maxLoopDelayMs && random() >= maxLoopDelayMs / delay;
  }

  /**
   * The line in front, at the pace at which it moves; on top, a share of a window as long as the queue needs for all who
   * are being rejected each second. While nothing is served at all, the longest window.
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
