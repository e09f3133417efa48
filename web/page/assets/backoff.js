/** How long to wait before asking again: never earlier than the server asked for, and never all at once. */

const shortestSeconds = 1;
/** Also a bound on what a server may ask for: a mistyped header should not end the attempt. */
const longestSeconds = 120;
/** Where the server names no time, the wait doubles up to this. */
const longestGuessSeconds = 30;
/** Share of the wait that is added at random, so that those who were rejected together do not come back together. */
const spread = 0.5;

/**
 * @param {number | undefined} asked seconds of a `Retry-After`
 * @param {number} attempt how many there were before, from 0
 * @param {() => number} [random] from 0 to 1
 * @returns {number} milliseconds
 */
export function waitMs(asked, attempt, random = Math.random) {
  const seconds = asked ?? Math.min(2 ** Math.min(attempt + 1, 10), longestGuessSeconds);
  const bounded = Math.min(Math.max(seconds, shortestSeconds), longestSeconds);
  return Math.round(bounded * 1_000 * (1 + spread * random()));
}

/** @param {Response} response @returns {number | undefined} seconds, when it names a number of them */
export function askedSeconds(response) {
  const value = response.headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

/** @param {number} ms @param {AbortSignal} [signal] ends the wait early, without an error @returns {Promise<void>} */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
