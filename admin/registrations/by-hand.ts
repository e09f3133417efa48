/**
 * Registrations that an admin adds or corrects, for somebody who called. They are checked as those of attendees are and
 * travel through the same queue, so all that holds for those holds for these: the first of an address wins, a withdrawal is
 * final, a mail confirms it.
 *
 * A correction by an admin has the rank of what it corrects (`shared/registration/change.ts`): whoever was last to change the
 * registration through a link from a mail keeps that claim, and the attendee can change it afterwards as before.
 */
import { TurnoutError } from "../../shared/errors.ts";
import { changeTime, type Correction } from "../../shared/registration/change.ts";
import { createConsentRecords } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { Answer, Registration } from "../../shared/registration/registration.ts";
import { normalizeSubmission } from "../../shared/registration/submission-schema.ts";
import { editEntry, parseAssignment, type Edit, type FieldChange } from "../dead-letters/edit.ts";
import { choicesOf } from "./file-columns.ts";
import type { StoredRegistration } from "./stored-registration.ts";

const prefix = "answers.";

/**
 * @param assignment such as `guests=2`
 * @param event by whose field the text is read: a number, a tick (true or false), options separated by semicolons. Without
 *   it, or for another field, as `dead-letters edit --set` reads it.
 * @throws TURNOUT_USAGE_INVALID
 */
export function readAnswer(assignment: string, event: EventDefinition | undefined): FieldChange {
  const equals = assignment.indexOf("=");
  if (equals < 0) {
    throw new TurnoutError("TURNOUT_USAGE_INVALID", '--answer takes FIELD=VALUE, such as guests=2; given was no "=".');
  }
  const id = assignment.slice(0, equals).trim();
  const text = assignment.slice(equals + 1);
  const field = prefix + id;
  switch (event?.fields.find((one) => one.id === id)?.type) {
    case "choices":
      return { field, value: choicesOf(text) };
    case "text":
    case "email":
    case "telephone":
    case "date":
    case "select":
      return { field, value: text };
    default:
      return parseAssignment(`${field}=${text}`);
  }
}

/** As the web tier does before it checks: addresses in key form, consents with their wording. */
function prepared(
  changes: readonly FieldChange[],
  event: EventDefinition | undefined,
  language: string | undefined,
): FieldChange[] {
  if (event === undefined) return [...changes];
  const given = changes.filter(({ field, value }) => field.startsWith(prefix) && value !== undefined);
  const body = { answers: Object.fromEntries(given.map(({ field, value }) => [field.slice(prefix.length), value])) };
  normalizeSubmission(body, event);
  const answers = createConsentRecords(event).keep(body.answers as Record<string, Answer>, language);
  return changes.map(({ field, value }) => ({
    field,
    value: value === undefined ? undefined : (answers[field.slice(prefix.length)] ?? value),
  }));
}

export interface Addition {
  /** Of the new registration. */
  readonly id: string;
  /** `email`, `name` and answers; a consent is `true`. */
  readonly fields: readonly FieldChange[];
  /** Language tag: that of mails. Default: the event's. */
  readonly language?: string | undefined;
}

/**
 * @param event to check it against; undefined checks only the common rules
 * @param now milliseconds since the epoch, by AWS's clock
 * @throws TURNOUT_REGISTRATION_INVALID with a pointer to every error
 */
export function composeAddition(
  { id, fields, language }: Addition,
  event: EventDefinition | undefined,
  now: number,
): Registration {
  const submittedAt = new Date(now).toISOString();
  const inLanguage = language === undefined ? {} : { language };
  const entry = { id, email: "", name: "", answers: {}, submittedAt, ...inLanguage };
  return editEntry({ id, submittedAt, entry }, prepared(fields, event, language), event, now).registration;
}

export interface ComposedCorrection {
  readonly correction: Correction;
  /** What differs from what is stored. */
  readonly changes: Edit["changes"];
}

/** @returns the registration in a stored one, as in packs; what only the table knows is left out */
export function entryOfStored(stored: StoredRegistration): Registration {
  const { registrationId: id, email, name, answers, submittedAt, language } = stored;
  return { id, email, name, answers, submittedAt, ...(language !== undefined && { language }) };
}

/**
 * @param stored as it was read last
 * @param fields to be changed; not the address, which is the key
 * @param event to check the result against; undefined checks only the common rules
 * @param now milliseconds since the epoch, by AWS's clock
 * @throws TURNOUT_REGISTRATION_INVALID with a pointer to every error; TURNOUT_USAGE_INVALID when nothing would change
 */
export function composeCorrection(
  stored: StoredRegistration,
  fields: readonly FieldChange[],
  event: EventDefinition | undefined,
  now: number,
): ComposedCorrection {
  if (fields.some(({ field }) => field === "email")) {
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      "The address cannot be corrected: it is the key. Add the person under the right one, and forget this one.",
    );
  }
  const entry = entryOfStored(stored);
  const editable = { id: entry.id, submittedAt: entry.submittedAt, entry };
  const edit = editEntry(editable, prepared(fields, event, stored.language), event, now);
  const changedAt = changeTime(now, stored.submittedAt, stored.changedAt);
  const rank = { changedAt, ...(stored.mailbox && { mailbox: true as const }) };
  return { correction: { kind: "correction", ...edit.registration, ...rank }, changes: edit.changes };
}
