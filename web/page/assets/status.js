/** Shows the status until it is final. */
import { announce } from "./announce.js";
import { find, findAll, findAny } from "./elements.js";
import { formatWait, showMoment } from "./moments.js";
import { showSent } from "./sent-entries.js";
import { createStatusPoll } from "./status-poll.js";

/** Failures in a row before the attendee is told. */
const toldAfterMisses = 2;
/** After a shorter wait, "unknown" is not shown: usually it is over in a moment. */
const slowAfterMs = 10_000;

/** @typedef {import("./status-poll.js").Status} Status */

/**
 * Fills in what only the browser knows.
 * @param {HTMLElement} panel @param {string} statusUrl
 */
export function startStatus(panel, statusUrl) {
  const link = find(panel, "[data-status-link]");
  const copy = find(panel, "[data-copied]");
  const address = new URL(statusUrl, location.href).href;
  link.setAttribute("href", statusUrl);
  for (const change of findAll(panel, "[data-change]")) {
    change.setAttribute("href", `${statusUrl}/${change.dataset.change}`);
  }
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

/** @param {HTMLElement} panel @param {Pick<Status, "submittedAt" | "estimatedWaitSeconds">} state */
function showWait(panel, { submittedAt, estimatedWaitSeconds }) {
  if (estimatedWaitSeconds !== undefined) {
    showRow(panel, "wait", (place) => (place.textContent = formatWait(estimatedWaitSeconds)));
  } else if (Date.now() - Date.parse(submittedAt) > slowAfterMs) {
    showRow(panel, "wait", (place) => (place.textContent = place.dataset.unknown ?? ""));
  }
}

/** @param {HTMLElement} panel @param {Status} state */
function showDetails(panel, state) {
  const { submittedAt, reference } = state;
  showRow(panel, "received", (place) => showMoment(place, submittedAt));
  if (reference !== undefined) {
    showRow(panel, "reference", (place) => (find(place, "[data-reference]").textContent = reference));
  }
  showWait(panel, state);
}

/** What has the focus in a panel keeps it in the next one. */
const focusable = ["h2", "[data-copied]", "[data-status-link]", "[data-change=correction]", "[data-change=withdrawal]"];

/** @param {HTMLElement} panel @param {HTMLElement} next */
function exchange(panel, next) {
  const focused = focusable.find((part) => document.activeElement?.matches(part));
  panel.replaceWith(next);
  const title = find(next, "h2").textContent ?? "";
  document.title = `${title} – ${findAny(document, "h1")?.textContent}`;
  if (focused) findAny(next, focused)?.focus();
  if (focused !== "h2") announce(title);
}

/**
 * @param {HTMLElement} panel the one of a pending registration, or of one that is expected to change
 * @param {string} statusUrl
 * @param {number} firstPollSeconds
 * @param {(status: string) => HTMLElement} panelFor makes the panel of another state
 */
export async function followStatus(panel, statusUrl, firstPollSeconds, panelFor) {
  const { awaited, status = "" } = panel.dataset;
  const submittedAt = findAny(panel, "[data-row=received] time")?.getAttribute("datetime") ?? undefined;
  const poll = createStatusPoll(statusUrl, firstPollSeconds, status, submittedAt);
  let shown = panel;
  /** @param {boolean} hidden */
  const hideTrouble = (hidden) => {
    const trouble = findAny(shown, ".trouble");
    if (trouble) trouble.hidden = hidden;
  };
  for (;;) {
    // A change is in the queue as well, but its time is not known here.
    const answer = await poll(awaited === undefined && shown.dataset.status === "pending");
    hideTrouble(answer.kind !== "missed" || answer.misses < toldAfterMisses);
    if (answer.kind === "missed") continue;
    if (answer.kind === "ahead") {
      showWait(shown, { ...answer.progress, submittedAt: answer.submittedAt });
      continue;
    }
    const seen = answer.status;
    if (seen.status === shown.dataset.status) {
      showDetails(shown, seen);
      showSent(shown, statusUrl, seen.reference);
      continue;
    }
    const next = panelFor(seen.status);
    showDetails(next, seen);
    startStatus(next, statusUrl);
    showSent(next, statusUrl, seen.reference);
    exchange(shown, next);
    shown = next;
    if (seen.status === awaited) findAny(document, ".received")?.remove();
    if (awaited === undefined || seen.status === awaited) return;
  }
}
