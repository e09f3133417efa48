/**
 * Sends a submission until there is a definite answer. A full queue, a rate limit or a lost connection is retried under
 * the same key, so that the server counts all attempts as one.
 */
import { askedSeconds, sleep, waitMs } from "./backoff.js";

/** @typedef {{ pointer: string, detail: string }} ValidationError */
/** @typedef {"busy" | "paused" | "limited" | "offline" | "soon"} Reason why an attempt has to be repeated */
/**
 * @typedef {{ kind: "accepted", statusUrl: string, retryAfterSeconds: number }
 *   | { kind: "invalid", validationErrors: ValidationError[] }
 *   | { kind: "closed" }
 *   | { kind: "rejected", detail: string }
 *   | { kind: "gaveUp" }
 *   | { kind: "stopped" }} Outcome
 */
/** @typedef {{ text: string, language?: string }} Notice what the organiser says */
/** @typedef {{ kind: "again", reason: Reason, seconds: number | undefined, notice?: Notice }} Again */

/** Per attempt, milliseconds. */
const timeoutMs = 30_000;
/** For all attempts, milliseconds; then the attendee decides. A pause does not count: its end is somebody's decision. */
const endurance = 15 * 60_000;
/** Registration opens by the server's clock; ours may be slightly ahead. */
const soonSeconds = 2;

/** @returns {string} a key that nobody else has */
export function createKey() {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  // Only on plain HTTP.
  return Array.from(/** @type {Crypto} */ (crypto).getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** @param {Response} response @returns {Promise<Record<string, any>>} */
async function readJson(response) {
  try {
    return (await response.json()) ?? {};
  } catch {
    return {};
  }
}

/** @param {Response} response @returns {Promise<Outcome | Again>} */
export async function readOutcome(response) {
  const { status } = response;
  const body = await readJson(response);
  if (status === 202 && typeof body.statusUrl === "string") {
    const { pathname, origin } = new URL(body.statusUrl, location.href);
    if (origin === location.origin) {
      return { kind: "accepted", statusUrl: pathname, retryAfterSeconds: Number(body.retryAfterSeconds) || 1 };
    }
  }
  if (status === 400 && Array.isArray(body.errors)) return { kind: "invalid", validationErrors: body.errors };
  if (body.code === "TURNOUT_CLOSED") return { kind: "closed" };
  if (body.code === "TURNOUT_NOT_OPEN_YET") return { kind: "again", reason: "soon", seconds: soonSeconds };
  if (body.code === "TURNOUT_PAUSED") {
    return { kind: "again", reason: "paused", seconds: askedSeconds(response), notice: body.notice };
  }
  if (status === 503) return { kind: "again", reason: "busy", seconds: askedSeconds(response) };
  if (status === 429) return { kind: "again", reason: "limited", seconds: askedSeconds(response) };
  if (status >= 400 && status < 500) return { kind: "rejected", detail: String(body.detail ?? body.title ?? "") };
  // A gateway error or a truncated answer: the result is unknown.
  return { kind: "again", reason: "offline", seconds: askedSeconds(response) };
}

/**
 * @param {string} address @param {string} body @param {string} key @param {AbortSignal} signal
 * @returns {Promise<Outcome | Again>}
 */
async function attempt(address, body, key, signal) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal.addEventListener("abort", abort);
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", "idempotency-key": key },
      body,
      signal: controller.signal,
    });
    return await readOutcome(response);
  } catch {
    return { kind: "again", reason: "offline", seconds: undefined };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/**
 * @param {string} address of the form, which holds its language
 * @param {object} submission
 * @param {string} key the same for the same submission
 * @param {AbortSignal} signal when the attendee has had enough
 * @param {{ sending: () => void, waiting: (reason: Reason, ms: number, notice?: Notice) => void }} listener told before each attempt and wait
 * @returns {Promise<Outcome>}
 */
export async function submit(address, submission, key, signal, listener) {
  const body = JSON.stringify(submission);
  let startedAt = performance.now();
  for (let attempts = 0; ; attempts++) {
    listener.sending();
    const outcome = await attempt(address, body, key, signal);
    if (outcome.kind !== "again") return outcome;
    if (signal.aborted) return { kind: "stopped" };
    if (outcome.reason === "paused") startedAt = performance.now();
    if (performance.now() - startedAt > endurance) return { kind: "gaveUp" };
    const ms = waitMs(outcome.seconds, attempts);
    listener.waiting(outcome.reason, ms, outcome.notice);
    await (outcome.reason === "offline" ? Promise.race([sleep(ms, signal), online()]) : sleep(ms, signal));
    if (signal.aborted) return { kind: "stopped" };
  }
}

/** @returns {Promise<void>} when the device is online again, after a random delay, since many devices reconnect together */
function online() {
  return new Promise((resolve) => {
    addEventListener("online", () => void sleep(Math.random() * 1_000).then(resolve), { once: true });
  });
}
