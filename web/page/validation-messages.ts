/**
 * Turns the validator's errors on a submission into messages for the attendee: one sentence per field, saying what is
 * allowed.
 */
import type { TLocalizedValidationError } from "typebox/error";
import { emailError } from "../../shared/registration/email-error.ts";
import type { ValidationError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { eventIn } from "../../shared/registration/event-translation.ts";
import { missingByCondition } from "../../shared/registration/field-conditions.ts";
import { isUnseen } from "../../shared/registration/plain-text.ts";
import { formFields, type Field } from "./form-fields.ts";
import { valueAt } from "./form-with-errors.ts";
import type { Language } from "../../shared/page/language.ts";
import { messagesIn, type Messages } from "./messages.ts";

/** What is read of an error, so that both the validator's type and Fastify's copy fit. */
export type SchemaError = Pick<TLocalizedValidationError, "keyword" | "instancePath" | "params">;

interface Vocabulary {
  readonly text: Messages;
  readonly fields: readonly Field[];
  readonly fieldByPointer: ReadonlyMap<string, Field>;
}

/** Cached per event and language, since there may be many errors a second. */
const vocabularies = new WeakMap<EventDefinition, Map<Language, Vocabulary>>();

function vocabularyOf(event: EventDefinition, language: Language): Vocabulary {
  const byLanguage = vocabularies.get(event) ?? new Map<Language, Vocabulary>();
  vocabularies.set(event, byLanguage);
  const known = byLanguage.get(language);
  if (known) return known;
  const text = messagesIn(language);
  const fields = formFields(eventIn(event, language), language);
  const vocabulary = { text, fields, fieldByPointer: new Map(fields.map((field) => [field.pointer, field])) };
  byLanguage.set(language, vocabulary);
  return vocabulary;
}

/** RFC 6901, 3. */
function escapeToken(property: string): string {
  return property.replaceAll("~", "~0").replaceAll("/", "~1");
}

function namedProperties(parameter: unknown): readonly string[] {
  return Array.isArray(parameter) ? parameter.filter((name) => typeof name === "string") : [];
}

/** Missing `answers` means each required answer; attendees do not know the object. */
function missingPointers(instancePath: string, property: string, fields: readonly Field[]): readonly string[] {
  const pointer = `${instancePath}/${escapeToken(property)}`;
  if (pointer !== "/answers") return [pointer];
  return fields
    .filter((field) => field.required && !field.condition && field.pointer.startsWith("/answers/"))
    .map((field) => field.pointer);
}

/** @returns the field that a place belongs to: an option that was chosen is part of one */
function placeOf(pointer: string, fieldByPointer: Vocabulary["fieldByPointer"]): string {
  const parent = pointer.slice(0, pointer.lastIndexOf("/"));
  return fieldByPointer.get(parent)?.control === "choices" ? parent : pointer;
}

function isBlank(value: string): boolean {
  return Array.from(value).every(isUnseen);
}

function isText(field: Field): boolean {
  return field.control === "line" || field.control === "lines";
}

function shapeDetail(pointer: string, text: Messages): string {
  if (pointer === "") return text("validation.shape");
  return pointer === "/answers" ? text("validation.answersShape") : text("validation.unknown");
}

function detailOf(error: SchemaError, pointer: string, { text, fieldByPointer }: Vocabulary, value: unknown): string {
  const field = fieldByPointer.get(pointer);
  if (!field) return shapeDetail(pointer, text);
  if (error.keyword === "boolean") {
    // A field of the form that the schema does not know: the address in a correction.
    if (!field.condition) return text("validation.emailFixed");
    return text("validation.notAsked", { condition: field.condition.words });
  }
  // With a minimum length of 1, too short means empty.
  if (error.keyword === "minLength" && (error.params as { limit?: unknown }).limit === 1) return field.missing;
  if (field.control === "email" && value === "") return field.missing;
  if (field.control === "email" && typeof value === "string") return text(`validation.email.${emailError(value)}`);
  // Forms send only text, so this came from a program.
  if (error.keyword === "type" && isText(field)) return field.required ? field.missing : text("validation.text");
  if (error.keyword === "pattern" && isText(field)) {
    return typeof value === "string" && isBlank(value) ? field.missing : text("validation.characters");
  }
  return field.allowed;
}

/**
 * @param errors of the validator for `submissionSchema(event)` or `correctionSchema(event)`
 * @param event whose form it is
 * @param language of the messages
 * @param body that was validated: needed to say what is wrong with an address
 * @returns one error per place, in form order; others come last
 */
export function describeErrors(
  errors: readonly SchemaError[],
  event: EventDefinition,
  language: Language,
  body?: unknown,
): ValidationError[] {
  const vocabulary = vocabularyOf(event, language);
  const { text, fields, fieldByPointer } = vocabulary;
  const detailByPointer = new Map<string, string>();
  const add = (pointer: string, detail: string) => {
    if (!detailByPointer.has(pointer)) detailByPointer.set(pointer, detail);
  };
  for (const error of errors) {
    const parameters = error.params as { requiredProperties?: unknown; additionalProperties?: unknown };
    if (error.keyword === "required") {
      for (const property of namedProperties(parameters.requiredProperties)) {
        for (const pointer of missingPointers(error.instancePath, property, fields)) {
          add(pointer, fieldByPointer.get(pointer)?.missing ?? text("validation.missing"));
        }
      }
    } else if (error.keyword === "additionalProperties") {
      for (const property of namedProperties(parameters.additionalProperties)) {
        add(`${error.instancePath}/${escapeToken(property)}`, text("validation.unknown"));
      }
    } else if (error.keyword === "if") {
      for (const { id } of missingByCondition(event, valueAt(body, error.instancePath))) {
        const pointer = `/answers/${id}`;
        add(pointer, fieldByPointer.get(pointer)?.missing ?? text("validation.missing"));
      }
    } else {
      const pointer = placeOf(error.instancePath, fieldByPointer);
      add(pointer, detailOf(error, pointer, vocabulary, valueAt(body, pointer)));
    }
  }
  const order = new Map(fields.map((field, index) => [field.pointer, index]));
  return [...detailByPointer]
    .map(([pointer, detail]) => ({ pointer, detail }))
    .toSorted((one, other) => (order.get(one.pointer) ?? fields.length) - (order.get(other.pointer) ?? fields.length));
}
