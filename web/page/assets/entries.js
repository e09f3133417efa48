/** Reads, checks and marks the form's fields. */
import { find, findAll } from "./elements.js";

/** @typedef {import("./submission-sender.js").ValidationError} ValidationError */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
/** @typedef {{ element: HTMLElement, control: Control, pointer: string }} Field */

const answerPrefix = "answers.";
/**
 * Only what is plainly no address. The server decides the rest: it removes what was pasted along and says what is
 * wrong, which the browser's own check does not.
 */
const isUnfinished = /^[\w.+-]*@?[\w.-]*$/;
const hasDomain = /@[^@]+\.[^@.]+$/;

/** @param {Control} control @returns {control is HTMLInputElement} */
function isTick(control) {
  return control.type === "checkbox";
}

/** @param {Control} control */
function isBlank(control) {
  return control.value.trim() === "";
}

/** @param {Control} control @returns {string | number | boolean | undefined} undefined when blank */
function valueOf(control) {
  if (isTick(control)) return control.checked || undefined;
  if (isBlank(control)) return undefined;
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

/** @param {Control} control */
function isAllowed({ type, value, validity }) {
  if (type !== "email" || value.trim() === "") return validity.valid;
  return hasDomain.test(value) || !isUnfinished.test(value);
}

/** @param {readonly Field[]} fields @returns {ValidationError[]} what the browser can already tell; the server decides */
export function findErrors(fields) {
  return fields.flatMap(({ element, control, pointer }) => {
    const { missing = "", allowed = "" } = element.dataset;
    if (control.validity.badInput) return [{ pointer, detail: allowed }];
    if (control.required && valueOf(control) === undefined) return [{ pointer, detail: missing }];
    return isAllowed(control) ? [] : [{ pointer, detail: allowed }];
  });
}

/** @param {Field} field @param {string | undefined} detail undefined when valid */
export function showError({ element, control }, detail) {
  const error = find(element, ".error");
  error.hidden = detail === undefined;
  find(error, ".words").textContent = detail ?? "";
  const hint = element.querySelector(".hint");
  const described = [hint?.id, detail === undefined ? undefined : error.id].filter(Boolean).join(" ");
  if (described) control.setAttribute("aria-describedby", described);
  else control.removeAttribute("aria-describedby");
  if (detail === undefined) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
}

/** @param {HTMLElement} form @returns {Field[]} in the form's order */
export function findFields(form) {
  return findAll(form, "[data-pointer]").map((element) => ({
    element,
    control: /** @type {Control} */ (find(element, "input, select, textarea")),
    pointer: element.dataset.pointer ?? "",
  }));
}
