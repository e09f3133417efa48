/**
 * A submission: what an attendee sends, before it becomes a registration. Its schema is the source of the type, the
 * validation, the OpenAPI document and the form's constraints.
 */
import { Type, type TSchema } from "typebox";
import { dynamoDbLimits } from "../aws/aws-limits.ts";
import { consentRecordPattern } from "./consent.ts";
import { fromDayPattern, untilDayPattern } from "./day-range.ts";
import { Email, maxNameLength, Name, numberRange, type Answer } from "./registration.ts";
import { normalizeEmail } from "./email-address.ts";
import type { EventDefinition, EventField } from "./event-definition.ts";
import { wantedSchema } from "./field-conditions.ts";
import { plainTextPattern } from "./plain-text.ts";
import { textLength } from "./registration-size.ts";

/** As typed: separators are kept. */
const telephonePattern = String.raw`^\+?[0-9 ()./-]{5,30}$`;

/** Of a consent a form and a program send `true`; its record is what is stored. */
type State = "submitted" | "stored";

/** @returns what programs are told of a field, in its schema */
export function answerDescription({ label, expiresAt }: EventField): string {
  return expiresAt === undefined ? label : `${label} (deleted after ${expiresAt})`;
}

function answerSchema(field: EventField, state: State): TSchema {
  const description = answerDescription(field);
  switch (field.type) {
    case "text":
      return Type.String({
        minLength: field.minLength ?? (field.required ? 1 : 0),
        maxLength: textLength(field),
        pattern: plainTextPattern,
        description,
      });
    case "email":
      return Type.String({ ...Email, description });
    case "number": {
      const bounds = {
        ...numberRange,
        ...(field.minimum !== undefined && { minimum: field.minimum }),
        ...(field.maximum !== undefined && { maximum: field.maximum }),
        description,
      };
      return field.integer ? Type.Integer(bounds) : Type.Number(bounds);
    }
    case "select":
      return Type.Enum(field.options, { description });
    case "choices":
      return Type.Array(Type.Enum(field.options), {
        minItems: field.minimum ?? (field.required ? 1 : 0),
        maxItems: field.maximum ?? field.options.length,
        uniqueItems: true,
        description,
      });
    case "date": {
      const { earliest, latest } = field;
      const range = [
        ...(earliest === undefined ? [] : [{ pattern: fromDayPattern(earliest) }]),
        ...(latest === undefined ? [] : [{ pattern: untilDayPattern(latest) }]),
      ];
      return Type.String({ format: "date", ...(range.length > 0 && { allOf: range }), description });
    }
    case "telephone":
      return Type.String({ pattern: telephonePattern, description });
    case "consent":
      if (state === "stored") return Type.String({ pattern: consentRecordPattern, description });
      return Type.Literal(true, { description: `${description}: ${field.text}` });
    case "checkbox":
      return field.required ? Type.Literal(true, { description }) : Type.Boolean({ description });
  }
}

function isAlwaysRequired({ required, when }: EventField): boolean {
  return required === true && when === undefined;
}

/** Whose condition does not hold answers nothing; whose does answers what is required. */
function conditionOf({ id, when, required }: EventField, { fields }: EventDefinition): object[] {
  if (when === undefined) return [];
  const holds = { properties: { [when.field]: wantedSchema(when, fields) }, required: [when.field] };
  const nothing = { properties: { [id]: false } };
  // A keyword of JSON Schema.
  // oxlint-disable-next-line unicorn/no-thenable
  return [{ if: holds, ...(required && { then: { required: [id] } }), else: nothing }];
}

/** What a submission holds beside the address. */
function contentOf(event: EventDefinition, state: State) {
  const answers: Record<string, TSchema> = {};
  for (const field of event.fields) {
    const schema = answerSchema(field, state);
    answers[field.id] = isAlwaysRequired(field) ? schema : Type.Optional(schema);
  }
  const conditions = event.fields.flatMap((field) => conditionOf(field, event));
  const Answers = Type.Object(answers, {
    additionalProperties: false,
    ...(conditions.length > 0 && { allOf: conditions }),
  });
  const someRequired = event.fields.some(isAlwaysRequired);
  return { name: Name, answers: someRequired ? Answers : Type.Optional(Answers) };
}

/** @returns the schema of a submission for this event: exactly these properties, no coercion */
export function submissionSchema(event: EventDefinition) {
  return Type.Object({ email: Email, ...contentOf(event, "submitted") }, { additionalProperties: false });
}

/** @returns the schema of what is kept of a submission: a consent is its record */
export function keptSchema(event: EventDefinition) {
  return Type.Object({ email: Email, ...contentOf(event, "stored") }, { additionalProperties: false });
}

/** @returns the schema of a correction: all of a submission but its address, which is the key of what is stored */
export function correctionSchema(event: EventDefinition) {
  return Type.Object(contentOf(event, "submitted"), { additionalProperties: false });
}

export interface Submission {
  email: string;
  name: string;
  answers?: Record<string, Answer>;
}

export type CorrectedContent = Omit<Submission, "email">;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a name has an allowed length. */
function fits(name: string): boolean {
  return name.length <= maxNameLength || Array.from(name).length <= maxNameLength;
}

/**
 * Normalises a parsed body in place before validation: email to key form, name, email and telephone answers
 * trimmed, numbers too small for the table set to 0. Unexpected shapes are left for the validation.
 */
export function normalizeSubmission(body: unknown, event: EventDefinition): void {
  if (!isRecord(body)) return;
  if (typeof body.email === "string") body.email = normalizeEmail(body.email);
  // The length counts as sent, as the API documents it: trimming does not make a name fit.
  if (typeof body.name === "string" && fits(body.name)) body.name = body.name.trim();
  const { answers } = body;
  if (!isRecord(answers)) return;
  for (const field of event.fields) {
    const answer = answers[field.id];
    if (field.type === "telephone" && typeof answer === "string") answers[field.id] = answer.trim();
    if (field.type === "email" && typeof answer === "string") answers[field.id] = normalizeEmail(answer);
    if (field.type === "number" && typeof answer === "number" && Math.abs(answer) < dynamoDbLimits.smallestNumber) {
      answers[field.id] = 0;
    }
  }
}
