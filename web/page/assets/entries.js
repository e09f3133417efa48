/** Reads, checks and marks the form's fields. */
import { find, findAll } from "./elements.js";

/** @typedef {import("./submission-sender.js").ValidationError} ValidationError */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {Control} control the first one
 * @property {readonly Control[]} controls several for a choice of several options
 * @property {string} pointer
 */

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

/** @param {Field} field whether it is a choice of several options */
function isGroup({ element }) {
  return element instanceof HTMLFieldSetElement;
}

/** @param {Field} field @returns {string[] | string | number | boolean | undefined} undefined when blank or not asked */
export function valueOf(field) {
  const { element, control, controls } = field;
  if (element.hidden) return undefined;
  if (isGroup(field)) {
    const chosen = controls.filter((one) => isTick(one) && one.checked).map(({ value }) => value);
    return chosen.length > 0 ? chosen : undefined;
  }
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
  for (const field of fields) {
    const { control } = field;
    const value = valueOf(field);
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
  return fields.flatMap((field) => {
    const { element, control, pointer } = field;
    if (element.hidden) return [];
    const { missing = "", allowed = "", required, minimum = "0", maximum = "Infinity" } = element.dataset;
    if (isGroup(field)) {
      const chosen = valueOf(field);
      const count = Array.isArray(chosen) ? chosen.length : 0;
      if (count === 0) return required === undefined ? [] : [{ pointer, detail: missing }];
      return count < Number(minimum) || count > Number(maximum) ? [{ pointer, detail: allowed }] : [];
    }
    if (control.validity.badInput) return [{ pointer, detail: allowed }];
    if (control.required && valueOf(field) === undefined) return [{ pointer, detail: missing }];
    return isAllowed(control) ? [] : [{ pointer, detail: allowed }];
  });
}

/** @param {Field} field @param {string | undefined} detail undefined when valid */
export function showError(field, detail) {
  const { element, control, controls } = field;
  const error = find(element, ".error");
  error.hidden = detail === undefined;
  find(error, ".words").textContent = detail ?? "";
  const hints = findAll(element, ".wording, .hint").map(({ id }) => id);
  const described = [...hints, ...(detail === undefined ? [] : [error.id])].join(" ");
  const target = isGroup(field) ? element : control;
  if (described) target.setAttribute("aria-describedby", described);
  else target.removeAttribute("aria-describedby");
  for (const one of controls) {
    if (detail === undefined) one.removeAttribute("aria-invalid");
    else one.setAttribute("aria-invalid", "true");
  }
}

/** @param {HTMLElement} form @returns {Field[]} in the form's order */
export function findFields(form) {
  return findAll(form, "[data-pointer]").map((element) => {
    const controls = /** @type {Control[]} */ (findAll(element, "input, select, textarea"));
    const [control] = controls;
    if (!control) throw new Error(`The field ${element.dataset.pointer} has no control.`);
    return { element, control, controls, pointer: element.dataset.pointer ?? "" };
  });
}
