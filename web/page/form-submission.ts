/**
 * Converts a form post into the JSON submission it stands for. Form values are text; the event definition says which
 * are numbers or ticks. Invalid values are passed on for validation to reject: nothing is guessed or dropped but
 * blanks and answers to fields that are not asked: without a script those are on the page as well.
 */
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { isAsked } from "../../shared/registration/field-conditions.ts";

/** Prefix of a field's id in its control's name. */
export const answerPrefix = "answers.";

/** What a number control posts (HTML, "valid floating-point number"), within what a number can hold. */
const floatingPoint = /^-?(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})(?:e[+-]?\d{1,2})?$/i;

function isBlank(value: unknown): boolean {
  return typeof value === "string" && value.trim() === "";
}

function answerOf(field: EventField, value: unknown): unknown {
  if (field.type === "choices") {
    return typeof value === "string" ? [value] : value;
  }
  if (typeof value !== "string") return value;
  switch (field.type) {
    case "number":
      return floatingPoint.test(value.trim()) ? Number(value) : value;
    case "checkbox":
    case "consent":
      return value === "true" || value === "on" ? true : value;
    case "text":
      // Browsers send line breaks as CR LF; the script sends LF.
      return value.replaceAll("\r\n", "\n");
    case "date":
      return value.trim();
    case "email":
    case "select":
    case "telephone":
      return value;
  }
}

/** In the order of the form: an answer that is dropped decides nothing. */
function dropUnasked(answers: Record<string, unknown>, event: EventDefinition): Record<string, unknown> {
  for (const { id, when } of event.fields) if (!isAsked(when, answers)) delete answers[id];
  return answers;
}

/**
 * @param fields the parsed form: `email`, `name` and `answers.<id>`; repeated names are arrays
 * @param event whose form it is
 * @returns an unvalidated submission: blank fields omitted, unknown ones kept
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
  // `fromEntries` defines properties instead of assigning, so `__proto__` is just an unknown field. A field named
  // `answers` replaces the real answers and is then rejected.
  const given = answers.length > 0 ? [["answers", dropUnasked(Object.fromEntries(answers), event)] as const] : [];
  return Object.fromEntries<unknown>([...given, ...properties]);
}
