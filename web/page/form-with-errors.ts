/** A form shown again with the entered values and their errors. The values may have any shape. */
import type { ValidationError } from "../../shared/errors.ts";
import { wordingOf } from "../../shared/registration/consent.ts";
import type { Field } from "./form-fields.ts";

export interface FilledField extends Field {
  /** Text; for a tick whether it is ticked, for choices the options that are. */
  readonly value: string | boolean | readonly string[];
  /** Error message, if any. */
  readonly error: string | undefined;
}

export interface FieldGroup {
  readonly section: Field["section"];
  readonly fields: readonly FilledField[];
}

export interface FilledForm {
  readonly fields: readonly FilledField[];
  /** The same fields by sections. Those before the first heading have none. */
  readonly groups: readonly FieldGroup[];
  /** All errors, naming their fields, with the control's id where there is one. */
  readonly validationErrors: readonly { readonly detail: string; readonly id: string | undefined }[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** @returns the value at a JSON pointer without escapes */
export function valueAt(values: unknown, pointer: string): unknown {
  const [, ...tokens] = pointer.split("/");
  let value = values;
  for (const token of tokens) {
    if (!isRecord(value) || !Object.hasOwn(value, token)) return undefined;
    value = value[token];
  }
  return value;
}

function groupsOf(fields: readonly FilledField[]): FieldGroup[] {
  const starts = fields.flatMap(({ section }, index) => (index === 0 || section ? [index] : []));
  return starts.map((start, index) => ({
    section: fields[start]?.section,
    fields: fields.slice(start, starts[index + 1]),
  }));
}

function shown(field: Field, value: unknown): FilledField["value"] {
  if (field.control === "checkbox") return value === true;
  // Whoever agreed to another wording is asked again.
  if (field.control === "consent") return value === true || wordingOf(value) === field.wording;
  if (field.control === "choices")
    return field.options.filter((option) => Array.isArray(value) && value.includes(option));
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** @param given the submission and its errors; both empty when the form is first shown */
export function filledForm(
  fields: readonly Field[],
  given: { readonly values: unknown; readonly validationErrors: readonly ValidationError[] },
): FilledForm {
  const detailByPointer = new Map(
    given.validationErrors.map((validationError) => [validationError.pointer, validationError.detail]),
  );
  const fieldByPointer = new Map(fields.map((field) => [field.pointer, field]));
  const filled = fields.map((field) => ({
    ...field,
    value: shown(field, valueAt(given.values, field.pointer)),
    error: detailByPointer.get(field.pointer),
  }));
  return {
    fields: filled,
    groups: groupsOf(filled),
    validationErrors: given.validationErrors.map(({ pointer, detail }) => {
      const field = fieldByPointer.get(pointer);
      return { detail: `${field?.subject ?? ""}${detail}`, id: field?.id };
    }),
  };
}
