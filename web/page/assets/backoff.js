/** How long to wait before retrying: never less than the server asked for, and randomised. */

const shortestSeconds = 1;
/** Also limits what a server may ask for, against a wrong header. */
const longestSeconds = 120;
/** Without a time from the server, the wait doubles up to this. */
const longestGuessSeconds = 30;
/** Random share added to the wait, so that rejected clients do not return together. */
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
