/** Shows a field only to whom it is asked of, as soon as the answer to an earlier one decides that. */
import { valueOf } from "./entries.js";
import { findAll } from "./elements.js";

/** @typedef {import("./entries.js").Field} Field */

/** @param {Field} field @param {ReadonlyMap<string, Field>} byName */
function isAsked({ element }, byName) {
  const decisive = byName.get(element.dataset.when ?? "");
  if (!decisive) return true;
  /** @type {unknown[]} */
  const wanted = JSON.parse(element.dataset.is ?? "[]");
  const value = valueOf(decisive);
  return Array.isArray(value) ? value.some((one) => wanted.includes(one)) : wanted.includes(value);
}

/**
 * Without it all fields are shown, and say for whom they are; the server drops what was not asked.
 * @param {HTMLElement} form @param {readonly Field[]} fields in the form's order
 */
export function followConditions(form, fields) {
  const conditional = fields.filter(({ element }) => element.dataset.when !== undefined);
  if (conditional.length === 0) return;
  const byName = new Map(fields.map((field) => [field.control.name, field]));
  const sections = findAll(form, "fieldset.section");

  function update() {
    // In order: a field that is hidden has no value, so what depends on it is hidden too.
    for (const field of conditional) {
      const { element, control } = field;
      element.hidden = !isAsked(field, byName);
      if (element.dataset.required !== undefined && !(element instanceof HTMLFieldSetElement)) {
        control.required = !element.hidden;
      }
    }
    for (const section of sections) {
      section.hidden = findAll(section, "[data-pointer]").every((element) => element.hidden);
    }
  }

  for (const words of findAll(form, ".condition")) words.hidden = true;
  form.addEventListener("input", update);
  // Browsers restore what was entered before, without an event.
  addEventListener("pageshow", update);
  update();
}
