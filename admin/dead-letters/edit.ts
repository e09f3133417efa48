/**
 * Corrects the registration in a dead letter: the draft, the changes, and whether the result is valid. The body stays
 * as received; the history keeps old values.
 */
import { Compile } from "typebox/compile";
import { dynamoDbLimits } from "../../shared/aws/aws-limits.ts";
import type { DeadLetterRecord, HistoryEntry } from "../../shared/dead-letters/dead-letter-record.ts";
import { rawEntryIn, registrationIn } from "../../shared/dead-letters/dead-letter-entry.ts";
import { normalizeEmail } from "../../shared/registration/email-address.ts";
import {
  createExpiredFields,
  withoutExpiredAnswers,
  withoutExpiredFields,
} from "../../shared/registration/answer-expiry.ts";
import { TurnoutError, type ValidationError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { conditionWords, isAsked, missingByCondition } from "../../shared/registration/field-conditions.ts";
import {
  isRegistration,
  registrationErrors,
  type Answer,
  type Registration,
} from "../../shared/registration/registration.ts";
import { schemaErrors } from "../../shared/registration/schema-errors.ts";
import { keptSchema } from "../../shared/registration/submission-schema.ts";
import { toReplayable } from "../../shared/dead-letters/replayable.ts";

/** Sets a field, or removes it when `value` is undefined. */
export interface FieldChange {
  /** `email`, `name`, or `answers.` and a field name. */
  readonly field: string;
  readonly value: Answer | undefined;
}

export interface Edit {
  readonly registration: Registration;
  /** The history's entry for each changed field. */
  readonly changes: NonNullable<HistoryEntry["changes"]>;
}

const settable = /^(email|name|answers\.[A-Za-z][A-Za-z0-9_]*)$/;
const answerPrefix = "answers.";

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}

function readValue(field: string, text: string): Answer {
  if (!field.startsWith(answerPrefix)) return text;
  // Answers that look like numbers, ticks or lists of options become such; '"2"' in quotes is text.
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
    if (isListOfTexts(value)) return value;
  } catch {
    // Not JSON: a plain text.
  }
  return text;
}

/**
 * @param assignment such as `email=ann@example.org`, `answers.guests=2`
 * @throws TURNOUT_USAGE_INVALID
 */
export function parseAssignment(assignment: string): FieldChange {
  const equals = assignment.indexOf("=");
  if (equals < 0) throw usage(`--set takes FIELD=VALUE, such as email=ann@example.org; given was no "=".`);
  const field = assignment.slice(0, equals).trim();
  return { field: checkField(field), value: readValue(field, assignment.slice(equals + 1)) };
}

/** @throws TURNOUT_USAGE_INVALID */
export function parseRemoval(field: string): FieldChange {
  return { field: checkField(field.trim()), value: undefined };
}

function checkField(field: string): string {
  if (settable.test(field)) return field;
  throw usage(`${JSON.stringify(field)} cannot be set. Allowed are email, name and answers.FIELD.`);
}

function usage(message: string): TurnoutError {
  return new TurnoutError("TURNOUT_USAGE_INVALID", message);
}

type Draft = Record<string, unknown> & { answers: Record<string, unknown> };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns what can be read of the registration, of any version and however invalid */
export function entryOf(record: DeadLetterRecord, body: string): Readonly<Record<string, unknown>> {
  return record.registration ?? registrationIn(body) ?? rawEntryIn(body);
}

const skeleton = {
  id: "probe-000",
  email: "name@example.org",
  name: "Name",
  answers: {},
  submittedAt: new Date(0).toISOString(),
};
const ownFields: ReadonlySet<string> = new Set([...Object.keys(skeleton), "replayOf", "claim"]);

function isUsable(field: string, value: unknown): boolean {
  return isRegistration({ ...skeleton, [field]: value });
}

/** DynamoDB cannot hold such a number; the web tier sets it to 0 as well. */
function withoutTinyNumbers(answers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isTiny = (value: unknown) => typeof value === "number" && Math.abs(value) < dynamoDbLimits.smallestNumber;
  return Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, isTiny(value) ? 0 : value]));
}

/** Id and time cannot be edited: if unreadable, those that were given are used. */
function draftOf(given: Pick<Registration, "id" | "submittedAt">, entry: Readonly<Record<string, unknown>>): Draft {
  const usable = (field: "id" | "submittedAt") => (isUsable(field, entry[field]) ? entry[field] : given[field]);
  // Unknown properties of later versions are kept.
  const carried = Object.entries(entry).filter(([field, value]) => !ownFields.has(field) && isUsable(field, value));
  return {
    ...Object.fromEntries(carried),
    id: usable("id"),
    email: entry.email,
    name: entry.name,
    answers: isRecord(entry.answers) ? { ...entry.answers } : {},
    submittedAt: usable("submittedAt"),
  };
}

function flat(value: Record<string, unknown>): Map<string, unknown> {
  const { answers, ...fields } = value;
  const entries = Object.entries(fields);
  if (isRecord(answers))
    for (const [name, answer] of Object.entries(answers)) entries.push([answerPrefix + name, answer]);
  else if (answers !== undefined) entries.push(["answers", answers]);
  return new Map(entries);
}

function differences(before: Record<string, unknown>, after: Record<string, unknown>): Edit["changes"] {
  const from = flat(before);
  const to = flat(after);
  const changes: Record<string, { from: unknown; to: unknown }> = {};
  for (const field of new Set([...from.keys(), ...to.keys()])) {
    if (JSON.stringify(from.get(field)) === JSON.stringify(to.get(field))) continue;
    // The document client rejects nested undefined; null means no value.
    changes[field] = { from: from.get(field) ?? null, to: to.get(field) ?? null };
  }
  return changes;
}

interface KeptValidator {
  /** Ids of the expired fields. */
  readonly without: string;
  readonly validator: ReturnType<typeof compileKept>;
}
const compileKept = (event: EventDefinition) => Compile(keptSchema(event));
/** Compiling takes far longer than checking one registration of thousands. */
const keptValidators = new WeakMap<EventDefinition, KeptValidator>();

function keptValidator(whole: EventDefinition, expired: ReadonlySet<string>): KeptValidator["validator"] {
  const without = [...expired].join(" ");
  const known = keptValidators.get(whole);
  if (known?.without === without) return known.validator;
  const validator = compileKept(withoutExpiredFields(whole, expired));
  keptValidators.set(whole, { without, validator });
  return validator;
}

function eventErrors(draft: Draft, whole: EventDefinition, expired: ReadonlySet<string>): ValidationError[] {
  const event = withoutExpiredFields(whole, expired);
  const { email, name, answers } = draft;
  const errors = keptValidator(whole, expired).Errors({ email, name, answers });
  const found = schemaErrors(
    errors.filter(({ keyword }) => keyword !== "if"),
    new Map(),
  );
  const missing = missingByCondition(event, answers).map(({ id }) => ({
    pointer: `/answers/${id}`,
    detail: "is missing",
  }));
  return [...found, ...missing].map((validationError) => {
    const when = event.fields.find(({ id }) => `/answers/${id}` === validationError.pointer)?.when;
    if (when === undefined || isAsked(when, answers)) return validationError;
    return { ...validationError, detail: `is only asked if ${conditionWords(when)}: take it away` };
  });
}

function reject(validationErrors: readonly ValidationError[]): never {
  const list = validationErrors.map(({ pointer, detail }) => `  - ${pointer || "/"} ${detail}`).join("\n");
  throw new TurnoutError("TURNOUT_REGISTRATION_INVALID", `The registration would not be valid:\n${list}`, {
    validationErrors,
  });
}

/** What an edit begins with. */
export interface Editable extends Pick<Registration, "id" | "submittedAt"> {
  /** What there is of the registration, of any version and however invalid. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/**
 * @param record current state
 * @param body from which an unreadable registration is pieced together
 * @param event to check the answers against; undefined checks only the common rules
 * @param now milliseconds since the epoch: answers that have expired are neither asked for nor kept
 * @returns the new registration and the differences
 * @throws TURNOUT_REGISTRATION_INVALID with a pointer to every error, TURNOUT_USAGE_INVALID when nothing would change
 */
export function proposeEdit(
  record: DeadLetterRecord,
  body: string,
  fieldChanges: readonly FieldChange[],
  event: EventDefinition | undefined,
  now = Date.now(),
): Edit {
  const { id, submittedAt = record.firstFailedAt } = record;
  return editEntry({ id, submittedAt, entry: entryOf(record, body) }, fieldChanges, event, now);
}

/** The same for any registration. @throws as `proposeEdit` */
export function editEntry(
  editable: Editable,
  fieldChanges: readonly FieldChange[],
  event: EventDefinition | undefined,
  now: number,
): Edit {
  const expired = createExpiredFields(event)(now);
  const entry = withoutExpiredAnswers(editable.entry, expired);
  const draft = draftOf(editable, entry);
  for (const { field, value } of fieldChanges) {
    const [target, name] = field.startsWith(answerPrefix)
      ? [draft.answers, field.slice(answerPrefix.length)]
      : [draft, field];
    if (value === undefined) delete target[name];
    else target[name] = value;
  }
  if (typeof draft.email === "string") draft.email = normalizeEmail(draft.email);
  if (typeof draft.name === "string") draft.name = draft.name.trim();
  draft.answers = withoutTinyNumbers(draft.answers);
  const validationErrors = registrationErrors(draft);
  if (validationErrors.length > 0) reject(validationErrors);
  if (event) {
    const further = eventErrors(draft, event, expired);
    if (further.length > 0) reject(further);
  }
  const registration = draft as unknown as Registration;
  const replayable = toReplayable(editable.id, registration);
  if (replayable.kind === "refused") reject(replayable.validationErrors);
  const { replayOf: _, claim: __, ...before } = entry;
  const changes = differences(before, registration);
  if (Object.keys(changes).length === 0) throw usage("Nothing would change: the fields have these values already.");
  return { registration, changes };
}
