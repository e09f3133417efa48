/**
 * Asks how far the queue as a whole is, which one answer at the edge tells everybody, so that the status of a registration
 * is asked for only when its time has come.
 */

/** Per request, milliseconds. */
const timeoutMs = 5_000;
/** With a shorter wait than this the status is asked for: the queue is told too coarsely to wait for one's turn. */
const shortWaitSeconds = 10;

/** @typedef {{ storedUntil: string | null, waiting?: number, estimatedWaitSeconds?: number }} Progress */

/** @returns {Promise<Progress | undefined>} undefined when there is no answer */
export async function readProgress() {
  try {
    const response = await fetch("/progress", {
      headers: { accept: "application/json" },
      // Not from the browser's own cache, which may keep it longer than the edge.
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {Progress | undefined} progress
 * @param {string} submittedAt by the server's clock, as `storedUntil` is
 * @returns {boolean} whether others are before it for sure: not when nothing is known
 */
export function isAhead(progress, submittedAt) {
  if (!progress?.storedUntil) return false;
  const { storedUntil, estimatedWaitSeconds = Infinity } = progress;
  return estimatedWaitSeconds > shortWaitSeconds && Date.parse(storedUntil) < Date.parse(submittedAt);
}
