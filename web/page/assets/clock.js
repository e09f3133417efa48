/**
 * The server's clock, independent of the device's. The page may be cached, so it sends a `HEAD`: `Date` is the time of
 * the answer, `Age` how long a CDN has kept it. That answer is cached for everybody, so many waiting pages cost the
 * server nothing.
 */

/** Milliseconds; a slower answer would be too inaccurate. */
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
  // The monotonic clock is not affected when the device's time is set.
  const measured = performance.now();
  return () => server + performance.now() - measured;
}
