/** What became of a registration: asks by its link until that is settled, at the pace the server asks for. */
import { announce } from "./announce.js";
import { askedSeconds, sleep, waitMs } from "./backoff.js";
import { formatWait, showMoment } from "./moments.js";

/** Misses in a row before the attendee is told; one alone is nobody's business. */
const toldAfterMisses = 2;
/** One request, in milliseconds. */
const patience = 15_000;

/** @typedef {{ status: string, submittedAt: string, retryAfterSeconds?: number, estimatedWaitSeconds?: number }} Status */

/**
 * Fills in what only the browser knows.
 * @param {Element} panel @param {string} statusUrl
 */
export function startStatus(panel, statusUrl) {
  const link = /** @type {HTMLAnchorElement} */ (panel.querySelector("[data-status-link]"));
  const copy = /** @type {HTMLButtonElement} */ (panel.querySelector("[data-copied]"));
  link.href = statusUrl;
  // Not there in pages that came over plain HTTP.
  if (!navigator.clipboard) return;
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      link.focus();
      return;
    }
    copy.textContent = copy.dataset.copied ?? "";
    announce(copy.textContent);
  });
}

/** @param {Element} panel @param {string} name @param {(place: Element) => void} fill */
function showRow(panel, name, fill) {
  const row = /** @type {HTMLElement | null} */ (panel.querySelector(`[data-row=${name}]`));
  const place = row?.querySelector("dd > *");
  if (!row || !place) return;
  fill(place);
  row.hidden = false;
}

/** @param {Element} panel @param {Status} state */
function showDetails(panel, { submittedAt, estimatedWaitSeconds }) {
  showRow(panel, "received", (place) => showMoment(/** @type {HTMLTimeElement} */ (place), submittedAt));
  if (estimatedWaitSeconds === undefined) return;
  showRow(panel, "wait", (place) => (place.textContent = formatWait(estimatedWaitSeconds)));
}

/** @param {Element} panel @param {Element} next */
function exchange(panel, next) {
  const focused = ["h2", "[data-copied]", "[data-status-link]"].find((part) => document.activeElement?.matches(part));
  panel.replaceWith(next);
  const title = next.querySelector("h2")?.textContent ?? "";
  document.title = `${title} – ${document.querySelector("h1")?.textContent}`;
  if (focused) /** @type {HTMLElement | null} */ (next.querySelector(focused))?.focus();
  if (focused !== "h2") announce(title);
}

/** @param {string} statusUrl @returns {Promise<Status | { missed: true, seconds: number | undefined }>} */
async function look(statusUrl) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patience);
  try {
    const response = await fetch(statusUrl, {
      headers: { accept: "application/json" },
      cache: "no-store",
      signal: controller.signal,
    });
    // Not found is no end either: while keys change, one instance may not know yet what another one has handed out.
    return response.ok ? await response.json() : { missed: true, seconds: askedSeconds(response) };
  } catch {
    return { missed: true, seconds: undefined };
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {Promise<void>} as soon as somebody looks: a page in a background tab asks for nothing */
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
 * @param {Element} panel the one of a pending registration
 * @param {string} statusUrl
 * @param {number} firstLookSeconds
 * @param {(status: string) => Element} panelFor makes the panel of another state
 */
export async function followStatus(panel, statusUrl, firstLookSeconds, panelFor) {
  const trouble = /** @type {HTMLElement} */ (panel.querySelector(".trouble"));
  /** @type {number | undefined} */
  let seconds = firstLookSeconds;
  let misses = 0;
  for (;;) {
    await sleep(waitMs(seconds, misses));
    await visible();
    const seen = await look(statusUrl);
    if ("missed" in seen) {
      misses++;
      seconds = seen.seconds;
      trouble.hidden = misses < toldAfterMisses;
      continue;
    }
    misses = 0;
    trouble.hidden = true;
    if (seen.status === "pending") {
      seconds = seen.retryAfterSeconds ?? firstLookSeconds;
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
