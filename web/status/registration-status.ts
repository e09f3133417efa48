/**
 * Tells the holder of a receipt what became of the registration, only from what was written about this very
 * registration. Nothing is inferred from another one under the same address, so a known address looks like a new one
 * until its own outcome is written.
 *
 * For a known address that takes a little longer: the insert fails, the address is looked up, the outcome is inserted.
 * Item and outcome are therefore both dated by that first insert and shown only a while after it; otherwise the delay
 * would reveal a known address. The while follows from the two times alone, so it is the same for both kinds. A withdrawal is shown by its outcome, which is written first and after as many calls
 * for the one as for the other.
 *
 *     pending ──► confirmed | needs-attention | declined          needs-attention ──► confirmed | declined
 *
 * `withdrawn` was done by the attendee. An erased registration has no status, like one that never was.
 */
import { sqsLimits } from "../../shared/aws/aws-limits.ts";
import { nothingExpires, withoutExpiredAnswers, type ExpiredFields } from "../../shared/registration/answer-expiry.ts";
import type { Outcome } from "../../shared/registration/outcome.ts";
import type { ReceiptContent } from "../../shared/registration/receipts.ts";
import type { Findings, StatusReads, StoredContent } from "./status-reads.ts";

export const registrationStatuses = ["pending", "confirmed", "needs-attention", "declined", "withdrawn"] as const;
export type RegistrationStatus = (typeof registrationStatuses)[number];

export interface KnownRegistration {
  /**
   * `pending` until something is written; `confirmed` when the address is registered, by this submission or an earlier
   * one; `needs-attention` while an organiser has to decide; `declined` when one gave up on it; `withdrawn`.
   */
  readonly status: RegistrationStatus;
  /** Of its latest stored correction. To be shown to nobody: it only makes a next change later than it. */
  readonly changedAt?: string;
  /** What is stored; only while confirmed, and only to a receipt from a mail: others may be anybody's. */
  readonly content?: StoredContent;
}

export interface StatusReader {
  /**
   * @returns undefined when erased, or older than anything the queue keeps
   * @throws TURNOUT_TABLE_UNAVAILABLE
   */
  read(receipt: ReceiptContent): Promise<KnownRegistration | undefined>;
}

export interface StatusReaderOptions {
  readonly reads: StatusReads;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Fields whose answers are not shown any more. Default: none. */
  readonly expired?: ExpiredFields;
}

export function createStatusReader(options: StatusReaderOptions): StatusReader {
  const { reads, wallClock, expired = nothingExpires } = options;
  return {
    async read({ email, registrationId, submittedAt, mailbox = false }) {
      const findings = await reads.find({ email, registrationId, withContent: mailbox });
      const written = writtenStatus(findings, { registrationId, submittedAt }, wallClock());
      if (written === "erased") return undefined;
      // After this the queue has dropped everything: nothing will be written any more.
      const ageSeconds = (wallClock() - Date.parse(submittedAt)) / 1_000;
      if (!written && ageSeconds >= sqsLimits.maxRetentionSeconds) return undefined;
      const status = written ?? "pending";
      if (findings.item?.registrationId !== registrationId) return { status };
      const { changedAt, content: stored } = findings.item;
      const content = stored && withoutExpiredAnswers(stored, expired(wallClock()));
      return { status, ...(changedAt && { changedAt }), ...(status === "confirmed" && content && { content }) };
    },
  };
}

const statusOfOutcome = {
  duplicate: "confirmed",
  erased: "erased",
  withdrawn: "withdrawn",
  discarded: "declined",
} as const satisfies Record<Outcome, RegistrationStatus | "erased">;

/** Several times what lookup and outcome take on a worker that keeps up, and less than until the first poll. */
const shortestSettlingMs = 750;
const longestSettlingMs = 5_000;
/** Of the time from the submission to the insert: a worker that does not keep up takes longer for the rest, too. */
const settlingShare = 0.5;

/**
 * @param submittedAt @param at of the deciding insert: ISO 8601
 * @returns how long after the insert what was written is not shown, in milliseconds: 750 to 5,000
 */
export function settlingMs(submittedAt: string, at: string): number {
  const waitedMs = Date.parse(at) - Date.parse(submittedAt);
  return Math.min(longestSettlingMs, Math.max(shortestSettlingMs, settlingShare * waitedMs));
}

/** A worker's clock that is wrong by more than the delay makes nobody wait. */
function isSettling(submittedAt: string, at: string | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - Date.parse(at)) < settlingMs(submittedAt, at);
}

/** @returns undefined while nothing that may be shown is written */
function writtenStatus(
  { item, outcome, deadLetterState }: Findings,
  { registrationId, submittedAt }: Pick<ReceiptContent, "registrationId" | "submittedAt">,
  now: number,
): RegistrationStatus | "erased" | undefined {
  const own = item?.registrationId === registrationId ? item : undefined;
  if (own?.tombstone) return own.tombstone;
  if (outcome?.outcome === "withdrawn") return "withdrawn";
  if (own && !isSettling(submittedAt, own.storedAt, now)) return "confirmed";
  if (outcome && !(outcome.outcome === "duplicate" && isSettling(submittedAt, outcome.at, now))) {
    return statusOfOutcome[outcome.outcome];
  }
  return openStatus(deadLetterState);
}

function openStatus(deadLetterState: Findings["deadLetterState"]): RegistrationStatus | undefined {
  switch (deadLetterState) {
    case undefined:
      return undefined;
    case "resolved":
      // Under another address: an organiser corrected it.
      return "confirmed";
    case "discarded":
      return "declined";
    default:
      return "needs-attention";
  }
}
