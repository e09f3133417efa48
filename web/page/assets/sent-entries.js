/**
 * What this browser sent, kept on the device so that its status page can show it again and a correction begins with it:
 * to the link alone the server shows nothing of it. Nothing else is kept, and no key to anything: a registration is found by its reference, or before
 * that is known by the end of its link, which opens nothing. Where nothing can be kept, nothing is shown.
 */
import { find, findAny } from "./elements.js";
import { entriesOf, fillIn } from "./form-content.js";

/** @typedef {import("./form-content.js").Entry} Entry */
/** @typedef {{ end: string, reference?: string, at: number, entries: Entry[], corrected?: Entry[] }} Sent */

const storageKey = "turnout.sent";
/** The oldest are forgotten first: a device may serve many people. */
const maxKept = 10;
/** The footer says so. */
const keptMs = 30 * 86_400_000;
/** In characters: enough to tell links apart. */
const endLength = 16;

/** @param {unknown} value @returns {value is Entry} */
function isEntry(value) {
  const { pointer, label, value: words } = /** @type {Record<string, unknown>} */ (value ?? {});
  return [pointer, label, words].every((text) => typeof text === "string");
}

/** @param {unknown} value @returns {value is Sent} */
function isSent(value) {
  const { end, at, entries } = /** @type {Record<string, unknown>} */ (value ?? {});
  return typeof end === "string" && typeof at === "number" && Array.isArray(entries) && entries.every(isEntry);
}

/** @param {unknown} entries @param {number} now @returns {Entry[]} those that have not expired */
function current(entries, now) {
  return Array.isArray(entries) ? entries.filter((entry) => !(entry?.expires <= now)) : [];
}

/** @param {Sent} sent @param {number} now @returns {Sent} */
function withCurrent(sent, now) {
  const { entries, corrected } = sent;
  return {
    ...sent,
    entries: current(entries, now),
    ...(corrected !== undefined && { corrected: current(corrected, now) }),
  };
}

/** @returns {Sent[]} the newest first, without what has expired or somebody else has written there */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? "[]");
    const now = Date.now();
    const known = Array.isArray(kept) ? kept.filter(isSent) : [];
    return known.filter(({ at }) => at <= now && now - at < keptMs).map((sent) => withCurrent(sent, now));
  } catch {
    return [];
  }
}

/** @param {Sent[]} kept */
function write(kept) {
  try {
    if (kept.length === 0) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, JSON.stringify(kept.slice(0, maxKept)));
  } catch {
    // Full, or not allowed: then it is not shown again.
  }
}

/** @param {string} statusUrl */
function endOf(statusUrl) {
  return statusUrl.slice(-endLength);
}

/** @param {string} statusUrl @param {string | undefined} reference @returns {(sent: Sent) => boolean} */
function isOf(statusUrl, reference) {
  const end = endOf(statusUrl);
  return (sent) => sent.end === end || (reference !== undefined && sent.reference === reference);
}

/** Forgets what has expired. @returns {boolean} whether this browser can keep anything */
export function openSentEntries() {
  try {
    if (localStorage.getItem(storageKey) !== null) write(read());
    return true;
  } catch {
    return false;
  }
}

/** @param {string} statusUrl @param {HTMLElement} form as it was sent */
export function keepSent(statusUrl, form) {
  write([{ end: endOf(statusUrl), at: Date.now(), entries: entriesOf(form) }, ...read()]);
}

/**
 * Kept aside until the status says that the correction was received.
 * @param {HTMLElement} form of a correction, about to be posted
 */
export function keepCorrection(form) {
  const { statusUrl = "", reference, forgotten } = form.dataset;
  if (forgotten !== undefined) return;
  const kept = read();
  const known = kept.find(isOf(statusUrl, reference));
  const sent = known ?? { end: endOf(statusUrl), at: Date.now(), entries: [] };
  const changed = { ...sent, ...(reference !== undefined && { reference }), corrected: entriesOf(form) };
  write([changed, ...kept.filter((other) => other !== known)]);
}

/** @param {string} statusUrl @param {string | undefined} reference */
function forget(statusUrl, reference) {
  const isThis = isOf(statusUrl, reference);
  const kept = read();
  if (kept.some(isThis)) write(kept.filter((sent) => !isThis(sent)));
}

/**
 * Fills in what this browser sent, where the server may not, and offers to forget it. What the browser itself has restored
 * stays.
 * @param {HTMLElement} form of a correction
 */
export function fillInSent(form) {
  const { statusUrl = "", reference } = form.dataset;
  const [empty, filled] = [findAny(form, "[data-empty]"), findAny(form, "[data-filled]")];
  if (!(form instanceof HTMLFormElement) || !empty || !filled || entriesOf(form).length > 0) return;
  const sent = read().find(isOf(statusUrl, reference));
  if (!sent || !fillIn(form, sent.entries)) return;
  const showAsFilled = (/** @type {boolean} */ isFilled) => {
    empty.hidden = isFilled;
    filled.hidden = !isFilled;
  };
  showAsFilled(true);
  find(filled, "button").addEventListener("click", () => {
    forget(statusUrl, reference);
    form.dataset.forgotten = "";
    form.reset();
    // For the fields that depend on others.
    form.dispatchEvent(new Event("input"));
    showAsFilled(false);
    empty.focus();
  });
}

/**
 * @param {string} statusUrl @param {string | undefined} reference
 * @param {boolean} isCorrected whether a correction was received
 * @returns {Sent | undefined}
 */
function recall(statusUrl, reference, isCorrected) {
  const kept = read();
  const known = kept.find(isOf(statusUrl, reference));
  if (!known) return undefined;
  const { corrected, ...before } = known;
  /** @type {Sent} */
  let sent = reference === undefined ? known : { ...known, reference };
  if (isCorrected && corrected) {
    // The address is no part of a correction.
    const address = before.entries.filter(({ pointer }) => pointer === "/email");
    sent = {
      ...before,
      ...(reference !== undefined && { reference }),
      at: Date.now(),
      entries: [...address, ...corrected],
    };
  }
  write([sent, ...kept.filter((other) => other !== known)]);
  return sent;
}

/**
 * Shows in a status what this browser sent; after a withdrawal it is forgotten. May be called again when more is known.
 * @param {HTMLElement} panel @param {string} statusUrl @param {string | undefined} reference
 */
export function showSent(panel, statusUrl, reference) {
  const received = findAny(document, "[data-received]")?.dataset.received;
  if (panel.dataset.status === "withdrawn" || received === "withdrawal") return forget(statusUrl, reference);
  const place = findAny(panel, "[data-sent]");
  if (!place) return;
  const sent = recall(statusUrl, reference, received === "change");
  if (!sent || sent.entries.length === 0) return;
  const rows = sent.entries.map(({ label, value }) => {
    const row = document.createElement("div");
    const [term, details] = [document.createElement("dt"), document.createElement("dd")];
    term.dir = details.dir = "auto";
    details.className = "value";
    term.textContent = label;
    details.textContent = value;
    row.append(term, details);
    return row;
  });
  find(place, "dl").replaceChildren(...rows);
  if (!place.hidden) return;
  place.hidden = false;
  find(place, "button").addEventListener("click", () => {
    forget(statusUrl, reference);
    place.hidden = true;
    findAny(panel, "h2")?.focus();
  });
}
