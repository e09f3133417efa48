/** Waits for a condition by looking, with a deadline: for what gives no signal to await. */
import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 20;

/**
 * @param look gives a value as soon as there is one, undefined or false until then
 * @param what for the error when the time is up
 */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  withinMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await delay(lookEveryMs);
  }
}
