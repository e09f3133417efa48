/**
 * A form as it is shown again: each field with what was entered and what is wrong with it. What was entered may have any
 * shape, since it is shown exactly because it was not valid.
 */
import type { ValidationError } from "../../shared/errors.ts";
import type { Field } from "./form-fields.ts";

export interface FilledField extends Field {
  /** As text, for a checkbox whether it is ticked. */
  readonly value: string | boolean;
  /** What is wrong with it, if anything. */
  readonly error: string | undefined;
}

export interface FilledForm {
  readonly fields: readonly FilledField[];
  /** Every error, naming its field, with the id of the control that it belongs to where there is one. */
  readonly validationErrors: readonly { readonly detail: string; readonly id: string | undefined }[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** @returns what stands at a JSON pointer of names that need no escape, as those of the form's fields are */
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

/** @param given the submission and its errors; both empty for a form that is shown for the first time */
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
