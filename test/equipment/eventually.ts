/** Waits for a condition instead of for a time. */
import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 10;

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
  for (;;) {
    const seen = await look();
    if (seen) return seen as Exclude<NonNullable<T>, false | 0 | "">;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${what} (last seen: ${String(seen)})`);
    await delay(lookEveryMs);
  }
}
