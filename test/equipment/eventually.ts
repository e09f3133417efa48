/** Waits for a condition instead of for a time. */
import { setTimeout as delay } from "node:timers/promises";

/** A look may be costly: the longer the wait, the rarer the looks. */
const firstPauseMs = 5;
const longestPauseMs = 100;
const growth = 1.2;

/**
 * @param look what is waited for; a truthy value ends the wait
 * @param withinMs how long at most
 * @param what in words, for the failure
 * @returns the truthy value
 * @throws Error when it did not come in time, with the last thing that was seen
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  what: string,
  withinMs = 10_000,
): Promise<Exclude<NonNullable<T>, false | 0 | "">> {
  const deadline = performance.now() + withinMs;
  let pauseMs = firstPauseMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen as Exclude<NonNullable<T>, false | 0 | "">;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${what} (last seen: ${String(seen)})`);
    await delay(pauseMs);
    pauseMs = Math.min(longestPauseMs, pauseMs * growth);
  }
}
