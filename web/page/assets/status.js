/** Polls the status until it is final, at the pace the server asks for. */
import { announce } from "./announce.js";
import { askedSeconds, sleep, waitMs } from "./backoff.js";
import { find, findAny } from "./elements.js";
import { formatWait, showMoment } from "./moments.js";

/** Failures in a row before the attendee is told. */
const toldAfterMisses = 2;
/** After a shorter wait, "unknown" is not shown: usually it is over in a moment. */
const slowAfterMs = 10_000;
/** Per request, milliseconds. */
const timeoutMs = 15_000;

/** @typedef {{ status: string, submittedAt: string, retryAfterSeconds?: number, estimatedWaitSeconds?: number }} Status */

/**
 * Fills in what only the browser knows.
 * @param {HTMLElement} panel @param {string} statusUrl
 */
export function startStatus(panel, statusUrl) {
  const link = find(panel, "[data-status-link]");
  const copy = find(panel, "[data-copied]");
  const address = new URL(statusUrl, location.href).href;
  link.setAttribute("href", statusUrl);
  // Missing on plain HTTP.
  if (!navigator.clipboard) return;
  copy.hidden = false;
  const copied = () => {
    copy.textContent = copy.dataset.copied ?? "";
    announce(copy.textContent);
  };
  copy.addEventListener("click", () => {
    // When not permitted, the link can be copied by hand.
    navigator.clipboard.writeText(address).then(copied, () => link.focus());
  });
}

/** @param {HTMLElement} panel @param {string} name @param {(place: HTMLElement) => void} fill */
function showRow(panel, name, fill) {
  const row = findAny(panel, `[data-row=${name}]`);
  if (!row) return;
  fill(find(row, "dd"));
  row.hidden = false;
}

/** @param {HTMLElement} panel @param {Status} state */
function showDetails(panel, { submittedAt, estimatedWaitSeconds }) {
  showRow(panel, "received", (place) => showMoment(place, submittedAt));
  if (estimatedWaitSeconds !== undefined) {
    showRow(panel, "wait", (place) => (place.textContent = formatWait(estimatedWaitSeconds)));
  } else if (Date.now() - Date.parse(submittedAt) > slowAfterMs) {
    showRow(panel, "wait", (place) => (place.textContent = place.dataset.unknown ?? ""));
  }
}

/** @param {HTMLElement} panel @param {HTMLElement} next */
function exchange(panel, next) {
  const focused = ["h2", "[data-copied]", "[data-status-link]"].find((part) => document.activeElement?.matches(part));
  panel.replaceWith(next);
  const title = find(next, "h2").textContent ?? "";
  document.title = `${title} – ${findAny(document, "h1")?.textContent}`;
  if (focused) findAny(next, focused)?.focus();
  if (focused !== "h2") announce(title);
}

/** @param {string} statusUrl @returns {Promise<Status | { missed: true, seconds: number | undefined }>} */
async function poll(statusUrl) {
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
 * @param {HTMLElement} panel the one of a pending registration
 * @param {string} statusUrl
 * @param {number} firstPollSeconds
 * @param {(status: string) => HTMLElement} panelFor makes the panel of another state
 */
export async function followStatus(panel, statusUrl, firstPollSeconds, panelFor) {
  const trouble = find(panel, ".trouble");
  /** @type {number | undefined} */
  let seconds = firstPollSeconds;
  let misses = 0;
  for (;;) {
    await sleep(waitMs(seconds, misses));
    await visible();
    const seen = await poll(statusUrl);
    if ("missed" in seen) {
      misses++;
      seconds = seen.seconds;
      trouble.hidden = misses < toldAfterMisses;
      continue;
    }
    misses = 0;
    trouble.hidden = true;
    if (seen.status === "pending") {
      seconds = seen.retryAfterSeconds ?? firstPollSeconds;
      showDetails(panel, seen);
      continue;
    }
    const next = panelFor(seen.status);
    showDetails(next, seen);
    startStatus(next, statusUrl);
    exchange(panel, next);
    return;
  }
}
