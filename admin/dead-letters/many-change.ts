/**
 * One change of one field, for many dead letters: set it, remove it, or replace a part of its text. Repeating it changes
 * nothing more.
 */
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { TurnoutError, type ValidationError } from "../../shared/errors.ts";
import { entryOf, parseRemoval, proposeEdit, type Edit, type FieldChange } from "./edit.ts";
import { createExpiredFields, withoutExpiredAnswers } from "../../shared/registration/answer-expiry.ts";
import { whyUnchangeable } from "./changeable.ts";

export type ManyChange =
  | { readonly kind: "set"; readonly field: string; readonly value: NonNullable<FieldChange["value"]> }
  | { readonly kind: "remove"; readonly field: string }
  | { readonly kind: "replace"; readonly field: string; readonly part: string; readonly by: string };

/** What a change would do to one record. */
export type Proposal =
  | { readonly kind: "change"; readonly edit: Edit }
  | { readonly kind: "unchanged" }
  | { readonly kind: "invalid"; readonly validationErrors: readonly ValidationError[] }
  | { readonly kind: "skipped"; readonly detail: string };

const answerPrefix = "answers.";

function usage(message: string): TurnoutError {
  return new TurnoutError("TURNOUT_USAGE_INVALID", message);
}

/** @throws TURNOUT_USAGE_INVALID when the field cannot be changed, or nothing is to be replaced */
export function createReplacement(field: string, part: string, by: string): ManyChange {
  if (part === "") throw usage("Say which part of the text is to be replaced.");
  return { kind: "replace", field: parseRemoval(field).field, part, by };
}

/**
 * @param text such as `email=@exmaple.org=>@example.org`
 * @throws TURNOUT_USAGE_INVALID
 */
export function parseReplacement(text: string): ManyChange {
  const equals = text.indexOf("=");
  const arrow = text.indexOf("=>", equals + 1);
  if (equals <= 0 || arrow < 0) {
    throw usage("--replace takes FIELD=PART=>OTHER, such as email=@exmaple.org=>@example.org.");
  }
  return createReplacement(text.slice(0, equals), text.slice(equals + 1, arrow), text.slice(arrow + 2));
}

/** @returns the change in words, without values, which may be attendee data */
export function describeChange(change: ManyChange): string {
  const verbs = { set: "sets", remove: "removes", replace: "replaces a part of" };
  return `${verbs[change.kind]} ${change.field}`;
}

function valueIn(entry: Readonly<Record<string, unknown>>, field: string): unknown {
  if (!field.startsWith(answerPrefix)) return entry[field];
  const { answers } = entry;
  if (typeof answers !== "object" || answers === null) return undefined;
  return Object.getOwnPropertyDescriptor(answers, field.slice(answerPrefix.length))?.value;
}

/** What has been replaced before is left: "@example" becomes "@example.org" once, not twice. */
function replaced(text: string, part: string, by: string): string {
  if (by === "" || !by.includes(part)) return text.replaceAll(part, () => by);
  return text
    .split(by)
    .map((piece) => piece.replaceAll(part, () => by))
    .join(by);
}

/** @returns the change for this entry; undefined when it changes nothing */
function fieldChangeFor(change: ManyChange, entry: Readonly<Record<string, unknown>>): FieldChange | undefined {
  const { field } = change;
  const current = valueIn(entry, field);
  if (change.kind === "set") return { field, value: change.value };
  if (change.kind === "remove") return current === undefined ? undefined : { field, value: undefined };
  const replace = (text: string) => replaced(text, change.part, change.by);
  if (typeof current === "string") {
    const value = replace(current);
    return value === current ? undefined : { field, value };
  }
  if (!Array.isArray(current) || !current.every((one) => typeof one === "string")) return undefined;
  const value = current.map(replace);
  return value.every((one, index) => one === current[index]) ? undefined : { field, value };
}

/**
 * @param body from which an unreadable registration is pieced together
 * @param event to check the answers against; undefined checks only the common rules
 * @param now milliseconds since the epoch
 */
export function proposeManyChange(
  record: DeadLetterRecord,
  body: string,
  change: ManyChange,
  event: EventDefinition | undefined,
  now: number,
): Proposal {
  const why = whyUnchangeable(record, now);
  if (why !== undefined) return { kind: "skipped", detail: why };
  const expired = createExpiredFields(event)(now);
  const fieldChange = fieldChangeFor(change, withoutExpiredAnswers(entryOf(record, body), expired));
  if (fieldChange === undefined) return { kind: "unchanged" };
  try {
    return { kind: "change", edit: proposeEdit(record, body, [fieldChange], event, now) };
  } catch (error) {
    if (!(error instanceof TurnoutError)) throw error;
    if (error.code === "TURNOUT_USAGE_INVALID") return { kind: "unchanged" };
    if (error.code !== "TURNOUT_REGISTRATION_INVALID") throw error;
    return { kind: "invalid", validationErrors: error.validationErrors };
  }
}
