/**
 * Submits the form in place: checks it first, never sends twice at once, and tells the attendee what is wrong or
 * happening.
 */
import { suggestFor } from "./address-slip.js";
import { announce } from "./announce.js";
import { followConditions } from "./conditions.js";
import { findErrors, findFields, readSubmission, showError } from "./entries.js";
import { copyOf, find, findAll, findAny } from "./elements.js";
import { formatAhead } from "./moments.js";
import { createKey, submit } from "./submission-sender.js";

/** @typedef {import("./submission-sender.js").ValidationError} ValidationError */
/** @typedef {import("./submission-sender.js").Notice} Notice */
/**
 * @typedef {object} Listener
 * @property {(accepted: { statusUrl: string, retryAfterSeconds: number }) => void} accepted
 * @property {() => void} closed
 */

/** @param {HTMLElement} form @param {Listener} listener */
export function startForm(form, listener) {
  const summary = find(form, "#summary");
  const wait = find(form, "#wait");
  const next = find(form, "#wait .next");
  const stop = find(form, "#wait button");
  const entries = find(form, ".fields");
  const button = find(form, "[type=submit]");
  const pause = findAny(form, "#pause");
  const idleLabel = button.textContent;
  const plainTitle = find(document, "h1").textContent;
  const fields = findFields(form);
  /** @type {AbortController | undefined} */
  let sending;
  /** @type {string | undefined} */
  let key;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  /** @param {readonly ValidationError[]} validationErrors */
  function showErrors(validationErrors) {
    for (const field of fields) {
      showError(field, validationErrors.find((validationError) => validationError.pointer === field.pointer)?.detail);
    }
    const items = validationErrors.map(({ pointer, detail }) => {
      const item = document.createElement("li");
      const field = fields.find((one) => one.pointer === pointer);
      if (!field) {
        item.textContent = detail;
        return item;
      }
      const link = document.createElement("a");
      link.href = `#${field.control.id}`;
      link.textContent = `${field.element.dataset.subject}${detail}`;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        field.control.focus();
      });
      item.append(link);
      return item;
    });
    find(form, "#summary ul").replaceChildren(...items);
    summary.hidden = validationErrors.length === 0;
    document.title = validationErrors.length === 0 ? plainTitle : `${form.dataset.errorPrefix} ${plainTitle}`;
    if (validationErrors.length > 0) summary.focus();
  }

  /**
   * @param {string} reason @param {string} [detail] takes the place of the words, where the server has its own
   * @param {Notice} [notice] said before them
   */
  function say(reason, detail, notice) {
    const words = copyOf(form, `[data-reason=${reason}]`);
    if (detail) find(words, "p").textContent = detail;
    if (notice) find(words, "p").before(said(notice));
    find(wait, ".words").replaceWith(words);
    wait.dataset.shown = reason;
    wait.hidden = false;
    announce(Array.from(words.children, (part) => part.textContent).join(". "));
  }

  /** @param {Notice} notice */
  function said({ text, language }) {
    const line = document.createElement("p");
    line.className = "said";
    line.dir = "auto";
    line.lang = language ?? "";
    line.textContent = text;
    return line;
  }

  /** @param {number} ms */
  function countDown(ms) {
    const place = find(form, "#wait .next b");
    const until = performance.now() + ms;
    const show = () => {
      const seconds = Math.ceil((until - performance.now()) / 1_000);
      place.textContent = seconds > 0 ? formatAhead(seconds) : (place.dataset.now ?? "");
    };
    clearInterval(ticking);
    ticking = setInterval(show, 500);
    show();
    next.hidden = false;
  }

  /** @param {BeforeUnloadEvent} event */
  const keepOpen = (event) => event.preventDefault();

  /** @param {boolean} busy */
  function setBusy(busy) {
    entries.inert = busy;
    form.setAttribute("aria-busy", String(busy));
    button.setAttribute("aria-disabled", String(busy));
    if (!busy) button.textContent = idleLabel;
    clearInterval(ticking);
    next.hidden = true;
    stop.hidden = true;
    if (busy) addEventListener("beforeunload", keepOpen);
    else removeEventListener("beforeunload", keepOpen);
  }

  async function send() {
    const validationErrors = findErrors(fields);
    wait.hidden = true;
    delete wait.dataset.shown;
    showErrors(validationErrors);
    if (validationErrors.length > 0) return;
    sending = new AbortController();
    key ??= createKey();
    setBusy(true);
    // From here on what the server answers counts.
    if (pause) pause.hidden = true;
    const outcome = await submit(form.getAttribute("action") ?? "", readSubmission(fields), key, sending.signal, {
      sending: () => (button.textContent = button.dataset.sending ?? ""),
      waiting(reason, ms, notice) {
        // Announced once per reason, not at every attempt.
        if (wait.dataset.shown !== reason) say(reason, undefined, notice);
        button.textContent = button.dataset.waiting ?? "";
        stop.hidden = false;
        countDown(ms);
      },
    });
    const stopHadFocus = document.activeElement === stop;
    sending = undefined;
    setBusy(false);
    wait.hidden = true;
    if (outcome.kind === "accepted") listener.accepted(outcome);
    else if (outcome.kind === "closed") listener.closed();
    else if (outcome.kind === "invalid") showErrors(outcome.validationErrors);
    else say(outcome.kind, outcome.kind === "rejected" ? outcome.detail : undefined);
    if (stopHadFocus) button.focus();
  }

  form.setAttribute("novalidate", "");
  // While registration is paused, what is entered here is sent when it continues.
  if (button instanceof HTMLButtonElement) button.disabled = false;
  if (pause) for (const part of findAll(pause, ".scripted")) part.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) void send();
  });
  // A changed form is a new submission; an unchanged one keeps its key and counts once.
  form.addEventListener("input", () => (key = undefined));
  stop.addEventListener("click", () => sending?.abort());
  followConditions(form, fields);
  for (const field of fields) suggestFor(field);
}
