/** Turns attempts into lines of the ledger, in the form in which the registration would be stored. */
import { createConsentRecords, type ConsentRecords } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { normalizeSubmission, type Submission } from "../../shared/registration/submission-schema.ts";
import type { AttemptLine, ChangeLine } from "../../admin/audit/ledger.ts";
import type { ReceiptContent } from "../../shared/registration/receipts.ts";
import type { Attempt, SubmittedContent } from "./registration-client.ts";

const knownRecords = new WeakMap<EventDefinition, ConsentRecords>();

/** As the web tier stores them: made once, since there are many lines a second. */
function recordsOf(event: EventDefinition): ConsentRecords {
  const known = knownRecords.get(event) ?? createConsentRecords(event);
  knownRecords.set(event, known);
  return known;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}

function isPlain(value: unknown): value is Required<Submission> {
  const { email, name, answers } = value as Record<string, unknown>;
  if (typeof email !== "string" || email === "" || typeof name !== "string") return false;
  if (typeof answers !== "object" || answers === null || Array.isArray(answers)) return false;
  return Object.values(answers).every(
    (answer) => ["string", "number", "boolean"].includes(typeof answer) || isListOfTexts(answer),
  );
}

/**
 * @returns the line; undefined for a row of a file that does not have the shape of a registration, so that nothing can
 *   have been stored
 */
export function ledgerLineOf(attempt: Attempt, event: EventDefinition): AttemptLine | undefined {
  const { item, reply, outcome, startedAt, endedAt } = attempt;
  const submission: unknown = { answers: {}, ...structuredClone(item.submission) };
  normalizeSubmission(submission, event);
  if (!isPlain(submission)) return undefined;
  const { email, name } = submission;
  // A consent is to the wording in the language that was asked for.
  const answers = recordsOf(event).keep(submission.answers, item.language);
  const id = registrationId(item.idempotencyKey, email);
  return { outcome, id, email, name, answers, status: reply.status, startedAt, endedAt };
}

/** A request to correct or to withdraw, and its answer. */
export interface ChangeAttempt extends Omit<Attempt, "item"> {
  /** What the receipt says that it was made with. */
  readonly receipt: ReceiptContent;
  /** What it was corrected to; undefined for a withdrawal. */
  readonly content: SubmittedContent | undefined;
  /** Its time, from the receipt in the reply; undefined when nobody could open that. */
  readonly changedAt: string | undefined;
}

/** @returns the line of a change. @throws Error for a content without the shape of one */
export function changeLineOf(attempt: ChangeAttempt, event: EventDefinition): ChangeLine {
  const { receipt, content, changedAt, reply, outcome, startedAt, endedAt } = attempt;
  const { registrationId: id, email, mailbox } = receipt;
  const change = { outcome, id, email, status: reply.status, startedAt, endedAt, ...(mailbox && { mailbox }) };
  if (content === undefined) return { ...change, change: "withdrawal" };
  const corrected: unknown = { answers: {}, ...structuredClone(content), email };
  normalizeSubmission(corrected, event);
  if (!isPlain(corrected)) throw new Error("This is no content of a registration.");
  const { name } = corrected;
  const answers = recordsOf(event).keep(corrected.answers);
  return { ...change, change: "correction", name, answers, ...(changedAt !== undefined && { changedAt }) };
}
