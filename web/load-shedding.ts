/**
 * Load shedding: decides, before a body is read, whether one more registration can be taken, and when whoever cannot be
 * taken should come back. The signals are measured, not configured rates: the length and age of the line for the queue,
 * the delay of the event loop, and whether the queue confirms at all.
 *
 * What is refused must be cheap, or refusing would itself be the overload; so this compares a few numbers and nothing else.
 */
import type { GroupCommitFigures } from "./group-commit.ts";

export type ShedReason = "line-full" | "line-slow" | "event-loop" | "queue-failing";

export interface Refusal {
  readonly reason: ShedReason;
  /** Whole seconds; spread over time, so that those who come back do not all come at once. */
  readonly retryAfterSeconds: number;
}

export interface LoadShedder {
  /** @returns undefined when the registration can be taken */
  refusal(): Refusal | undefined;
  /** How many were refused since the start. */
  readonly shed: number;
}

export interface LoadShedderOptions {
  readonly figures: () => GroupCommitFigures;
  /** How late the event loop is, milliseconds. */
  readonly loopDelayMs: () => number;
  /** Delay of the loop above which the more of them are not taken, the later it is: at twice as much, every second one. */
  readonly maxLoopDelayMs: number;
  /** Whether the line takes one more. */
  readonly hasRoom: () => boolean;
  /** Wait of the first in line above which no further ones are taken. */
  readonly maxWaitMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

const sampleMs = 1_000;
/** How long the queue may fail before only one registration at a time tries whether it is back. */
const failingPatienceMs = 1_500;
const longestRetrySeconds = 60;

export function createLoadShedder(options: LoadShedderOptions): LoadShedder {
  const { figures, loopDelayMs, maxLoopDelayMs, hasRoom, maxWaitMs, now, random } = options;
  let shed = 0;
  let sampledAt = now();
  let shedAtSample = 0;
  let confirmedAtSample = 0;
  let shedPerSecond = 0;
  let confirmedPerSecond = 0;

  function sample({ confirmed }: GroupCommitFigures): void {
    const at = now();
    const seconds = (at - sampledAt) / 1_000;
    if (at - sampledAt < sampleMs) return;
    shedPerSecond = (shed - shedAtSample) / seconds;
    confirmedPerSecond = (confirmed - confirmedAtSample) / seconds;
    sampledAt = at;
    shedAtSample = shed;
    confirmedAtSample = confirmed;
  }

  function reasonFor({ oldestWaitMs, failingMs, sendsInFlight }: GroupCommitFigures): ShedReason | undefined {
    if (failingMs > failingPatienceMs && sendsInFlight > 0) return "queue-failing";
    if (!hasRoom()) return "line-full";
    if (oldestWaitMs > maxWaitMs) return "line-slow";
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
   * are being refused each second. While nothing is confirmed at all, the longest window.
   */
  function retryAfterSeconds(waiting: number): number {
    const pace = Math.max(confirmedPerSecond, 1);
    const windowSeconds = Math.min(longestRetrySeconds, Math.max(2, (2 * shedPerSecond) / pace));
    return Math.min(longestRetrySeconds, Math.ceil(1 + Math.min(waiting / pace, 5) + random() * windowSeconds));
  }

  return {
    refusal() {
      const current = figures();
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
