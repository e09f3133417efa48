/**
 * The page's script, from the top: it finds out what the server has rendered and hands each part to who knows it. Without
 * it everything works as well, by ordinary form posts and reloads.
 */
import { announce } from "./announce.js";
import { startCountdown } from "./countdown.js";
import { showLocalTimes } from "./moments.js";
import { startForm } from "./registration-form.js";
import { followStatus, startStatus } from "./status.js";

/** @param {string} id @returns {Element} a fresh copy of what the server has laid ready for later */
function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`${id}-template`));
  return /** @type {Element} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
}

/** @param {Element} panel @param {Element} next */
function exchange(panel, next) {
  panel.replaceWith(next);
  const heading = next.querySelector("h2");
  heading?.focus();
  const name = document.querySelector("h1")?.textContent;
  document.title = `${heading?.textContent} – ${name}`;
}

/** @param {HTMLFormElement} form */
function enableForm(form) {
  startForm(form, {
    accepted({ statusUrl, retryAfterSeconds }) {
      // From now on a reload shows the same state, and going back does not lead into a form that was sent already.
      history.replaceState(null, "", statusUrl);
      const panel = fromTemplate("pending");
      exchange(form, panel);
      startStatus(panel, statusUrl);
      void followStatus(panel, statusUrl, retryAfterSeconds, fromTemplate);
    },
    closed: () => exchange(form, fromTemplate("closed")),
  });
}

const form = document.querySelector("form");
if (form) enableForm(form);

const countdown = /** @type {HTMLElement | null} */ (document.querySelector("[data-opens-at]"));
if (countdown) {
  startCountdown(countdown, () => {
    const opened = /** @type {HTMLFormElement} */ (fromTemplate("form"));
    countdown.replaceWith(opened);
    enableForm(opened);
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-phase]"))) {
      part.hidden = part.dataset.phase !== "open";
    }
    announce(document.querySelector(".phase[data-phase=open]")?.textContent ?? "");
  });
}

const status = /** @type {HTMLElement | null} */ (document.querySelector("[data-status]"));
if (status) {
  const { status: state, statusUrl = "", retryAfter } = status.dataset;
  startStatus(status, statusUrl);
  if (state === "pending") void followStatus(status, statusUrl, Number(retryAfter), fromTemplate);
}

showLocalTimes();
