/**
 * Entry script: finds what the server has rendered and starts the part for it. Without it, everything works by form
 * posts and reloads.
 */
import { announce } from "./announce.js";
import { startCountdown } from "./countdown.js";
import { copyOf, findAll, findAny } from "./elements.js";
import { showLocalTimes } from "./moments.js";
import { startForm } from "./form-controller.js";
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
      const panel = prepared("pending");
      startStatus(panel, statusUrl);
      exchange(form, panel);
      void followStatus(panel, statusUrl, retryAfterSeconds, prepared);
    },
    closed() {
      showPhase("closed");
      exchange(form, prepared("closed"));
    },
  });
}

const form = findAny(document, "form");
if (form) enableForm(form);

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
  const { statusUrl = "", retryAfter } = status.dataset;
  startStatus(status, statusUrl);
  if (status.dataset.status === "pending") void followStatus(status, statusUrl, Number(retryAfter), prepared);
}

showLocalTimes();
