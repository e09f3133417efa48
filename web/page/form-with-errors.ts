/** A form shown again with the entered values and their errors. The values may have any shape. */
import type { ValidationError } from "../../shared/errors.ts";
import type { Field } from "./form-fields.ts";

export interface FilledField extends Field {
  /** Text, or for a checkbox whether it is ticked. */
  readonly value: string | boolean;
  /** Error message, if any. */
  readonly error: string | undefined;
}

export interface FilledForm {
  readonly fields: readonly FilledField[];
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

function shown(field: Field, value: unknown): string | boolean {
  if (field.control === "checkbox") return value === true;
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
  return {
    fields: fields.map((field) => ({
      ...field,
      value: shown(field, valueAt(given.values, field.pointer)),
      error: detailByPointer.get(field.pointer),
    })),
    validationErrors: given.validationErrors.map(({ pointer, detail }) => {
      const field = fieldByPointer.get(pointer);
      return { detail: `${field?.subject ?? ""}${detail}`, id: field?.id };
    }),
  };
}
