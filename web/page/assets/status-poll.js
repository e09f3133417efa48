/**
 * When a page asks what: while others are before a pending registration, how far the queue is, which is the same for
 * everybody and kept at the edge; else for the status, at the pace the server asks for. The status is asked for every two
 * minutes in any case, so that nothing is hidden by a queue that stands still or is told wrongly.
 */
import { askedSeconds, sleep, waitMs } from "./backoff.js";
import { isAhead, readProgress } from "./queue-progress.js";

const slowestPollSeconds = 60;
const slowestProgressSeconds = 10;
/** What was asked for in vain is asked for less and less often. */
const growth = 1.5;
/** Longest time without a status; a pause begun before its end lasts at most 15 s longer. */
const longestWithoutStatusMs = 105_000;
/** Per request, milliseconds. */
const timeoutMs = 15_000;

/** @typedef {import("./queue-progress.js").Progress} Progress */
/** @typedef {{ status: string, submittedAt: string, reference?: string, retryAfterSeconds?: number, estimatedWaitSeconds?: number }} Status */
/**
 * @typedef {{ kind: "seen", status: Status } | { kind: "ahead", progress: Progress, submittedAt: string }
 *   | { kind: "missed", misses: number }} Answer
 */

/** @param {string} statusUrl @returns {Promise<Status | { missed: true, seconds: number | undefined }>} */
async function ask(statusUrl) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    const response = await fetch(statusUrl, {
      headers: { accept: "application/json" },
      cache: "no-store",
      signal: controller.signal,
    });
    // Not final either: during a key rotation, one instance may not know another's new receipts.
    return response.ok ? await response.json() : { missed: true, seconds: askedSeconds(response) };
  } catch {
    return { missed: true, seconds: undefined };
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {Promise<void>} when the page is visible: background tabs do not poll */
function visible() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    const check = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", check);
      resolve();
    };
    document.addEventListener("visibilitychange", check);
  });
}

/**
 * @param {string} statusUrl
 * @param {number} firstPollSeconds
 * @param {string} status what the page shows
 * @param {string} [submittedAt] of a page that shows it; else it is known from the first answer
 * @returns {(isQueued: boolean) => Promise<Answer>} waits for its time, then asks; `isQueued`: whether it may be told by how far
 *   the queue is
 */
export function createStatusPoll(statusUrl, firstPollSeconds, status, submittedAt) {
  /** @type {number | undefined} */
  let seconds = firstPollSeconds;
  let misses = 0;
  let askedAt = performance.now();
  let known = status;
  let since = submittedAt;

  return async (isQueued) => {
    await sleep(waitMs(seconds, misses));
    await visible();
    if (isQueued && since !== undefined && performance.now() - askedAt < longestWithoutStatusMs) {
      const progress = await readProgress();
      if (progress && isAhead(progress, since)) {
        misses = 0;
        seconds = Math.min((seconds ?? firstPollSeconds) * growth, slowestProgressSeconds);
        return { kind: "ahead", progress, submittedAt: since };
      }
    }
    askedAt = performance.now();
    const answer = await ask(statusUrl);
    if ("missed" in answer) {
      misses++;
      seconds = answer.seconds;
      return { kind: "missed", misses };
    }
    misses = 0;
    since = answer.submittedAt;
    // The server asks for no poll of a settled one: less and less often, since what is awaited may never come.
    const later = answer.status === known ? (seconds ?? firstPollSeconds) * growth : firstPollSeconds;
    seconds = answer.retryAfterSeconds ?? Math.min(later, slowestPollSeconds);
    known = answer.status;
    return { kind: "seen", status: answer };
  };
}
