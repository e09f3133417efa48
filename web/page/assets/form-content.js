/** What is entered in a form, as words to be shown and as it was given, and a form filled in with it. */
import { findAll, findAny } from "./elements.js";
import { findFields } from "./entries.js";

/** @typedef {import("./entries.js").Field} Field */
/**
 * @typedef {object} Entry
 * @property {string} pointer
 * @property {string} label
 * @property {string} value as words, several chosen options on a line each
 * @property {number} [expires] when it is to be forgotten: milliseconds since the epoch
 * @property {string[]} [given] the values of its controls, of ticks those that are ticked
 */

/** @param {Field["control"]} control */
function isTick({ type }) {
  return type === "checkbox" || type === "radio";
}

/** @param {Field} field */
function givenIn({ controls }) {
  return controls
    .filter((control) =>
      control instanceof HTMLInputElement && isTick(control) ? control.checked : control.value.trim(),
    )
    .map(({ value }) => value);
}

/** @param {string} day `YYYY-MM-DD` */
function dayInWords(day) {
  const { lang } = document.documentElement;
  return new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

/** @param {Field} field @param {readonly string[]} given not empty @param {string} yes @returns {string} as the server shows it */
function wordsOf({ element, control, controls }, given, yes) {
  if (element instanceof HTMLFieldSetElement) {
    const chosen = controls.filter(({ value }) => given.includes(value));
    return chosen.map(({ labels, value }) => labels?.[0]?.textContent?.trim() || value).join("\n");
  }
  if (isTick(control)) return [yes, ...wordingIn(element)].join("\n");
  if (control instanceof HTMLSelectElement) return (control.selectedOptions[0]?.textContent ?? "").trim();
  return control.type === "date" ? dayInWords(control.value) : control.value.trim();
}

/** @param {HTMLElement} element @returns {string[]} what is agreed to; empty when it is no consent */
function wordingIn(element) {
  return findAll(element, ".wording").map(({ textContent }) => textContent ?? "");
}

/** @param {HTMLElement} element */
function labelOf(element) {
  const label = findAny(element, "legend") ?? findAny(element, "label");
  const copy = label?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) return "";
  for (const aside of findAll(copy, ".optional, .condition")) aside.remove();
  return (copy.textContent ?? "").trim();
}

/** @param {HTMLElement} form @returns {Entry[]} what is filled in, with the labels of the fields */
export function entriesOf(form) {
  return findFields(form).flatMap((field) => {
    const { element, pointer } = field;
    const given = element.hidden ? [] : givenIn(field);
    if (given.length === 0) return [];
    const { expires } = element.dataset;
    const value = wordsOf(field, given, form.dataset.yes ?? "");
    return [{ pointer, label: labelOf(element), value, given, ...(expires && { expires: Number(expires) }) }];
  });
}

/** @param {Field["control"]} control @param {string} value */
function accepts(control, value) {
  return !(control instanceof HTMLSelectElement) || [...control.options].some((option) => option.value === value);
}

/**
 * What the form no longer asks is left out, and whoever agreed to another wording is asked again.
 * @param {HTMLElement} form @param {readonly Entry[]} entries @returns {boolean} whether anything was filled in
 */
export function fillIn(form, entries) {
  let isFilled = false;
  for (const { element, controls, pointer } of findFields(form)) {
    const { given, value = "" } = entries.find((entry) => entry.pointer === pointer) ?? {};
    if (!Array.isArray(given) || !wordingIn(element).every((wording) => value.endsWith(`\n${wording}`))) continue;
    isFilled = true;
    for (const control of controls) {
      const [first = ""] = given;
      if (control instanceof HTMLInputElement && isTick(control)) control.checked = given.includes(control.value);
      else if (accepts(control, first)) control.value = first;
    }
  }
  return isFilled;
}
