/** Waits for a condition instead of for a time. */
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** A poll may be costly: the longer the wait, the rarer the polls. */
const firstPauseMs = 5;
const longestPauseMs = 100;
const growth = 1.2;

/** What others run at the same time must fail no test: with four programs for each core, a wait may take four times as long. */
const longestStretch = 6;

/** @returns how long what takes `ms` on a machine that has time may take on this one now */
export function stretched(ms: number): number {
  const [programs = 0] = loadavg();
  return ms * Math.min(longestStretch, Math.max(1, programs / availableParallelism()));
}

/**
 * @param poll what is waited for; a truthy value ends the wait
 * @param withinMs how long at most on a machine that has time; longer on a busy one
 * @param what in words, for the failure
 * @returns the truthy value
 * @throws Error when it did not come in time, with the last thing that was seen
 */
export async function eventually<T>(
  poll: () => T | Promise<T>,
  what: string,
  withinMs = 30_000,
): Promise<Exclude<NonNullable<T>, false | 0 | "">> {
  const began = performance.now();
  let pauseMs = firstPauseMs;
  for (;;) {
    const seen = await poll();
    if (seen) return seen as Exclude<NonNullable<T>, false | 0 | "">;
    if (performance.now() - began > stretched(withinMs))
      throw new Error(`not within ${withinMs} ms: ${what} (last seen: ${String(seen)})`);
    await delay(pauseMs);
    pauseMs = Math.min(longestPauseMs, pauseMs * growth);
  }
}
