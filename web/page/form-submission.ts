/**
 * Turns the fields of a posted HTML form into the JSON submission that it stands for. A form knows only text; the event
 * definition says which of it means a number or a tick. Whatever cannot be meant is handed on as it is, so that the
 * validation rejects it: nothing is guessed here and nothing is dropped but blanks.
 */
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";

/** What stands before a field's id in the name of its form control. */
export const answerPrefix = "answers.";

/** What a number control posts (HTML, "valid floating-point number"), of a length that a number can hold. */
const floatingPoint = /^-?(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})(?:e[+-]?\d{1,2})?$/i;

function isBlank(value: unknown): boolean {
  return typeof value === "string" && value.trim() === "";
}

function answerOf(field: EventField, value: unknown): unknown {
  if (typeof value !== "string") return value;
  switch (field.type) {
    case "number":
      return floatingPoint.test(value.trim()) ? Number(value) : value;
    case "checkbox":
      return value === "true" || value === "on" ? true : value;
    case "text":
      // Browsers send line breaks as CR LF, whatever the attendee typed and the script would have sent.
      return value.replaceAll("\r\n", "\n");
    case "email":
    case "select":
      return value;
  }
}

/**
 * @param fields the parsed form: `email`, `name` and `answers.<id>`; a name that came twice is an array
 * @param event whose fields are meant
 * @returns a submission that is not validated yet: blank fields are left out, unknown ones kept
 */
export function submissionFromForm(fields: Record<string, unknown>, event: EventDefinition): unknown {
  const fieldById = new Map(event.fields.map((field) => [field.id, field]));
  const properties: [string, unknown][] = [];
  const answers: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const isAnswer = name.startsWith(answerPrefix);
    const id = isAnswer ? name.slice(answerPrefix.length) : name;
    const field = isAnswer ? fieldById.get(id) : undefined;
    const isKnown = field !== undefined || name === "email" || name === "name";
    if (isKnown && isBlank(value)) continue;
    if (isAnswer) answers.push([id, field ? answerOf(field, value) : value]);
    else properties.push([name, value]);
  }
  // `fromEntries` defines properties and never assigns them: a field called `__proto__` is an unknown field like any other.
  // A field called `answers` comes last and so replaces the real answers: it is rejected, instead of silently left out.
  const given = answers.length > 0 ? [["answers", Object.fromEntries(answers)] as const] : [];
  return Object.fromEntries<unknown>([...given, ...properties]);
}
