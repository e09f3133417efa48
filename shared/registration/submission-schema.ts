/**
 * A submission: what an attendee sends, before it becomes a registration. Its schema is the source of the type, the
 * validation, the OpenAPI document and the form's constraints.
 */
import { Type, type TSchema } from "typebox";
import { dynamoDbLimits } from "../aws/aws-limits.ts";
import { defaultTextLength, Email, maxNameLength, Name, numberRange } from "./registration.ts";
import { normalizeEmail } from "./email-address.ts";
import type { EventDefinition, EventField } from "./event-definition.ts";
import { plainTextPattern } from "./plain-text.ts";

function answerSchema(field: EventField): TSchema {
  const description = field.label;
  switch (field.type) {
    case "text":
      return Type.String({
        minLength: field.minLength ?? (field.required ? 1 : 0),
        maxLength: field.maxLength ?? defaultTextLength,
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
    case "checkbox":
      return field.required ? Type.Literal(true, { description }) : Type.Boolean({ description });
  }
}

/** @returns the schema of a submission for this event: exactly these properties, no coercion */
export function submissionSchema(event: EventDefinition) {
  const answers: Record<string, TSchema> = {};
  for (const field of event.fields) {
    const schema = answerSchema(field);
    answers[field.id] = field.required ? schema : Type.Optional(schema);
  }
  const Answers = Type.Object(answers, { additionalProperties: false });
  const someRequired = event.fields.some((field) => field.required);
  return Type.Object(
    { email: Email, name: Name, answers: someRequired ? Answers : Type.Optional(Answers) },
    { additionalProperties: false },
  );
}

export interface Submission {
  email: string;
  name: string;
  answers?: Record<string, string | number | boolean>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a name has an allowed length. */
function fits(name: string): boolean {
  return name.length <= maxNameLength || Array.from(name).length <= maxNameLength;
}

/**
 * Normalises a parsed body in place before validation: email to key form, name and email answers trimmed, numbers too
 * small for the table set to 0. Unexpected shapes are left for the validation.
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
    if (field.type === "email" && typeof answer === "string") answers[field.id] = normalizeEmail(answer);
    if (field.type === "number" && typeof answer === "number" && Math.abs(answer) < dynamoDbLimits.smallestNumber) {
      answers[field.id] = 0;
    }
  }
}
