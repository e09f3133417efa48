/**
 * Entry script: finds what the server has rendered and starts the part for it. Without it, everything works by form
 * posts and reloads.
 */
import { announce } from "./announce.js";
import { followConditions } from "./conditions.js";
import { startCountdown } from "./countdown.js";
import { copyOf, findAll, findAny } from "./elements.js";
import { findFields } from "./entries.js";
import { showLocalTimes } from "./moments.js";
import { startForm } from "./form-controller.js";
import { fillInSent, keepCorrection, keepSent, openSentEntries, showSent } from "./sent-entries.js";
import { followStatus, startStatus } from "./status.js";

/** @param {string} name @returns {HTMLElement} what the server has laid ready for later */
function prepared(name) {
  return copyOf(document, `#${name}-template`);
}

/** @param {HTMLElement} panel @param {HTMLElement} next */
function exchange(panel, next) {
  panel.replaceWith(next);
  const heading = findAny(next, "h2");
  heading?.focus();
  document.title = `${heading?.textContent} – ${findAny(document, "h1")?.textContent}`;
}

/** @param {string} phase what the head of the page says about the event */
function showPhase(phase) {
  for (const part of findAll(document, "[data-phase]")) part.hidden = part.dataset.phase !== phase;
}

/** @param {HTMLElement} form */
function enableForm(form) {
  startForm(form, {
    accepted({ statusUrl, retryAfterSeconds }) {
      // So that a reload shows the status, and going back does not lead to the sent form.
      history.replaceState(null, "", statusUrl);
      keepSent(statusUrl, form);
      const panel = prepared("pending");
      startStatus(panel, statusUrl);
      showSent(panel, statusUrl, undefined);
      exchange(form, panel);
      void followStatus(panel, statusUrl, retryAfterSeconds, prepared);
    },
    closed() {
      showPhase("closed");
      exchange(form, prepared("closed"));
    },
  });
}

const canKeep = openSentEntries();
for (const place of findAll(document, "[data-keeps]")) place.hidden = !canKeep;

// Other forms are posted as they are.
const form = findAny(document, "#registration");
if (form) enableForm(form);

const correction = findAny(document, "#correction");
if (correction) {
  fillInSent(correction);
  followConditions(correction, findFields(correction));
}
// A link from a mail shows what is stored.
if (correction?.dataset.statusUrl) correction.addEventListener("submit", () => keepCorrection(correction));

const countdown = findAny(document, "[data-opens-at]");
if (countdown) {
  startCountdown(countdown, () => {
    const opened = prepared("form");
    countdown.replaceWith(opened);
    enableForm(opened);
    showPhase("open");
    announce(findAny(document, ".phase:not([hidden])")?.textContent ?? "");
  });
}

const status = findAny(document, "[data-status]");
if (status) {
  const { statusUrl = "", retryAfter, awaited, registration } = status.dataset;
  startStatus(status, statusUrl);
  showSent(status, statusUrl, registration);
  const mayChange = status.dataset.status === "pending" || awaited !== undefined;
  if (mayChange) void followStatus(status, statusUrl, Number(retryAfter), prepared);
}

showLocalTimes();
