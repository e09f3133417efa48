/**
 * The form, sent in place: reads it, checks it before it costs anybody a request, shows what is wrong where it is wrong,
 * and tells the attendee what is going on while it is being sent.
 */
import { announce } from "./announce.js";
import { formatAhead } from "./moments.js";
import { createKey, submit } from "./submission.js";

/** @typedef {import("./submission.js").Fault} Fault */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
/** @typedef {{ element: HTMLElement, control: Control, pointer: string }} Field */
/**
 * @typedef {object} Listener
 * @property {(accepted: { statusUrl: string, retryAfterSeconds: number }) => void} accepted
 * @property {() => void} closed
 */

const answerPrefix = "answers.";

/** @param {Control} control @returns {control is HTMLInputElement} */
function isTick(control) {
  return control.type === "checkbox";
}

/** @param {Control} control @returns {string | number | boolean | undefined} nothing for a blank one */
function valueOf(control) {
  if (isTick(control)) return control.checked || undefined;
  if (control.value.trim() === "") return undefined;
  return control.type === "number" ? Number(control.value) : control.value;
}

/** @param {readonly Field[]} fields @returns {object} the submission that the form's fields stand for */
export function readSubmission(fields) {
  /** @type {Record<string, unknown>} */
  const submission = {};
  /** @type {Record<string, unknown>} */
  const answers = {};
  for (const { control } of fields) {
    const value = valueOf(control);
    if (value === undefined) continue;
    if (control.name.startsWith(answerPrefix)) answers[control.name.slice(answerPrefix.length)] = value;
    else submission[control.name] = value;
  }
  return Object.keys(answers).length > 0 ? { ...submission, answers } : submission;
}

/** @param {readonly Field[]} fields @returns {Fault[]} what the browser can already tell; the server decides */
function findFaults(fields) {
  return fields.flatMap(({ element, control, pointer }) => {
    const { missing = "", allowed = "" } = element.dataset;
    if (control.validity.badInput) return [{ pointer, detail: allowed }];
    if (control.required && valueOf(control) === undefined) return [{ pointer, detail: missing }];
    return control.validity.valid ? [] : [{ pointer, detail: allowed }];
  });
}

/** @param {Field} field @param {string | undefined} detail */
function showFault({ element, control }, detail) {
  const error = /** @type {HTMLElement} */ (element.querySelector(".error"));
  error.hidden = detail === undefined;
  /** @type {HTMLElement} */ (error.querySelector(".words")).textContent = detail ?? "";
  const hint = element.querySelector(".hint");
  const described = [hint?.id, detail === undefined ? undefined : error.id].filter(Boolean).join(" ");
  if (described) control.setAttribute("aria-describedby", described);
  else control.removeAttribute("aria-describedby");
  if (detail === undefined) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
}

/** @param {HTMLFormElement} form @param {Listener} listener */
export function startForm(form, listener) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (form.querySelector(selector));
  const summary = find("#summary");
  const wait = find("#wait");
  const words = find("#wait .words");
  const next = find("#wait .next");
  const stop = find("#wait button");
  const entries = find(".fields");
  const button = find("[type=submit]");
  const idleLabel = button.textContent;
  const plainTitle = document.title;
  /** @type {Field[]} */
  const fields = Array.from(
    /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-pointer]")),
    (element) => ({
      element,
      control: /** @type {Control} */ (element.querySelector("input, select, textarea")),
      pointer: element.dataset.pointer ?? "",
    }),
  );
  /** @type {AbortController | undefined} */
  let sending;
  /** @type {string | undefined} */
  let key;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  /** @param {readonly Fault[]} faults */
  function showFaults(faults) {
    for (const field of fields) {
      showFault(field, faults.find((fault) => fault.pointer === field.pointer)?.detail);
    }
    const items = faults.map(({ pointer, detail }) => {
      const item = document.createElement("li");
      const field = fields.find((one) => one.pointer === pointer);
      if (!field) {
        item.textContent = detail;
        return item;
      }
      const link = document.createElement("a");
      link.href = `#${field.control.id}`;
      link.textContent = detail;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        field.control.focus();
      });
      item.append(link);
      return item;
    });
    find("#summary ul").replaceChildren(...items);
    summary.hidden = faults.length === 0;
    document.title = faults.length === 0 ? plainTitle : `${form.dataset.errorPrefix} ${plainTitle}`;
    if (faults.length > 0) summary.focus();
  }

  /** @param {string} reason @param {string} [detail] takes the place of the words, where the server has its own */
  function say(reason, detail) {
    const template = /** @type {HTMLTemplateElement} */ (find(`[data-reason=${reason}]`));
    words.replaceChildren(template.content.cloneNode(true));
    const text = words.querySelector("p");
    if (detail && text) text.textContent = detail;
    wait.dataset.shown = reason;
    wait.hidden = false;
    announce(words.textContent ?? "");
  }

  /** @param {number} ms */
  function countDown(ms) {
    const place = find("#wait .next b");
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
    button.textContent = busy ? (button.dataset.sending ?? "") : idleLabel;
    clearInterval(ticking);
    next.hidden = true;
    stop.hidden = true;
    if (busy) addEventListener("beforeunload", keepOpen);
    else removeEventListener("beforeunload", keepOpen);
  }

  async function send() {
    const faults = findFaults(fields);
    wait.hidden = true;
    delete wait.dataset.shown;
    showFaults(faults);
    if (faults.length > 0) return;
    sending = new AbortController();
    key ??= createKey();
    setBusy(true);
    const outcome = await submit(readSubmission(fields), key, sending.signal, (reason, ms) => {
      // Said once for each reason: who listens to the page should not hear it again at every attempt.
      if (wait.dataset.shown !== reason) say(reason);
      stop.hidden = false;
      countDown(ms);
    });
    const stopHadFocus = document.activeElement === stop;
    sending = undefined;
    setBusy(false);
    wait.hidden = true;
    if (outcome.kind === "accepted") listener.accepted(outcome);
    else if (outcome.kind === "closed") listener.closed();
    else if (outcome.kind === "invalid") showFaults(outcome.faults);
    else say(outcome.kind, outcome.kind === "refused" ? outcome.detail : undefined);
    if (stopHadFocus) button.focus();
  }

  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) void send();
  });
  // What is changed is another submission; what is only sent again is the same one and counts once.
  form.addEventListener("input", () => (key = undefined));
  stop.addEventListener("click", () => sending?.abort());
}
