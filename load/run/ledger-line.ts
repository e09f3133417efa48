/** Turns an attempt into a line of the ledger, in the form in which the registration would be stored. */
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { normalizeSubmission, type Submission } from "../../shared/registration/submission-schema.ts";
import type { AttemptLine } from "../../admin/audit/ledger.ts";
import type { Attempt } from "./registration-client.ts";

function isPlain(value: unknown): value is Required<Submission> {
  const { email, name, answers } = value as Record<string, unknown>;
  if (typeof email !== "string" || email === "" || typeof name !== "string") return false;
  if (typeof answers !== "object" || answers === null || Array.isArray(answers)) return false;
  return Object.values(answers).every((answer) => ["string", "number", "boolean"].includes(typeof answer));
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
  const { email, name, answers } = submission;
  const id = registrationId(item.idempotencyKey, email);
  return { outcome, id, email, name, answers, status: reply.status, startedAt, endedAt };
}
