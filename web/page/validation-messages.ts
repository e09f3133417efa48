/**
 * Says what is wrong with a submission in words for the attendee: one sentence per field, telling what is allowed. It
 * starts from the validator's errors, which know the schema's keywords but not who reads them.
 */
import type { TLocalizedValidationError } from "typebox/error";
import { emailError } from "../../shared/registration/email-error.ts";
import type { ValidationError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { isUnseen } from "../../shared/registration/plain-text.ts";
import { formFields, type Field } from "./form-fields.ts";
import { valueAt } from "./form-with-errors.ts";
import type { Language } from "./language.ts";
import { messagesIn, type Messages } from "./messages.ts";

/** What is read of the validator's error, so that a validator's own type and Fastify's copy of it both fit. */
export type SchemaError = Pick<TLocalizedValidationError, "keyword" | "instancePath" | "params">;

interface Vocabulary {
  readonly text: Messages;
  readonly fields: readonly Field[];
  readonly fieldByPointer: ReadonlyMap<string, Field>;
}

/** Kept per event and language: the words do not change while an event lives, and there may be many errors a second. */
const vocabularies = new WeakMap<EventDefinition, Map<Language, Vocabulary>>();

function vocabularyOf(event: EventDefinition, language: Language): Vocabulary {
  const byLanguage = vocabularies.get(event) ?? new Map<Language, Vocabulary>();
  vocabularies.set(event, byLanguage);
  const known = byLanguage.get(language);
  if (known) return known;
  const text = messagesIn(language);
  const fields = formFields(event, text);
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

/** Missing answers as a whole mean each required one; nobody is told about an object they have never seen. */
function missingPointers(instancePath: string, property: string, fields: readonly Field[]): readonly string[] {
  const pointer = `${instancePath}/${escapeToken(property)}`;
  if (pointer !== "/answers") return [pointer];
  return fields
    .filter((field) => field.required && field.pointer.startsWith("/answers/"))
    .map((field) => field.pointer);
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

function detailOf(error: SchemaError, { text, fieldByPointer }: Vocabulary, value: unknown): string {
  const field = fieldByPointer.get(error.instancePath);
  if (!field) return shapeDetail(error.instancePath, text);
  // Only a text of the smallest allowed length 1 can be too short by being empty.
  if (error.keyword === "minLength" && (error.params as { limit?: unknown }).limit === 1) return field.missing;
  if (field.control === "email" && value === "") return field.missing;
  if (field.control === "email" && typeof value === "string") return text(`validation.email.${emailError(value)}`);
  // A form sends nothing but text: this is a program's.
  if (error.keyword === "type" && isText(field)) return field.required ? field.missing : text("validation.text");
  if (error.keyword === "pattern" && isText(field)) {
    return typeof value === "string" && isBlank(value) ? field.missing : text("validation.characters");
  }
  return field.allowed;
}

/**
 * @param errors of the validator for `submissionSchema(event)`
 * @param event whose form was filled in
 * @param language of the words
 * @param body that was validated: what is wrong with an address is seen in the address itself
 * @returns one error per place, in the order of the form; errors that stand outside of it come last
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
    } else {
      add(error.instancePath, detailOf(error, vocabulary, valueAt(body, error.instancePath)));
    }
  }
  const order = new Map(fields.map((field, index) => [field.pointer, index]));
  return [...detailByPointer]
    .map(([pointer, detail]) => ({ pointer, detail }))
    .toSorted((one, other) => (order.get(one.pointer) ?? fields.length) - (order.get(other.pointer) ?? fields.length));
}
