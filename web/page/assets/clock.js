/**
 * The server's clock, whatever the device's own says. The page may come from a cache, so its own time tells nothing; a
 * `HEAD` of it does: `Date` is when the answer was made and `Age` how long it has lain in a CDN since. That one is cached
 * for everybody, so a hundred thousand waiting pages cost the server nothing.
 */

/** Milliseconds; an answer that took long says little about now. */
const timeoutMs = 10_000;

/**
 * @param {typeof fetch} [ask]
 * @returns {Promise<() => number>} tells the server's time, milliseconds since the epoch; never ahead of it, and behind by
 *   the travel time and the fraction of a second that `Date` does not show
 */
export async function readServerClock(ask = fetch) {
  const response = await ask("/", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(timeoutMs) });
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) throw new Error("The answer has no date.");
  const server = date + Number(response.headers.get("age") ?? 0) * 1_000;
  // The monotonic clock goes on evenly when somebody sets the device's time.
  const measured = performance.now();
  return () => server + performance.now() - measured;
}
