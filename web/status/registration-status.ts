/**
 * Tells the holder of a receipt what became of the registration, only from what was written about this very
 * registration. Nothing is inferred from another one under the same address, so a known address looks like a new one
 * until its own outcome is written.
 *
 * For a known address that takes a little longer: the insert fails, the address is looked up, the outcome is inserted.
 * Item and outcome are therefore both dated by that first insert and shown only a fixed time after it; otherwise the
 * delay would reveal a known address.
 *
 *     pending ──► confirmed | needs-attention | declined          needs-attention ──► confirmed | declined
 *
 * `withdrawn` was done by the attendee. An erased registration has no status, like one that never was.
 */
import { sqsLimits } from "../../shared/aws/aws-limits.ts";
import type { Outcome } from "../../shared/registration/outcome.ts";
import type { ReceiptContent } from "./receipts.ts";
import type { Findings, StatusReads } from "./status-reads.ts";

export const registrationStatuses = ["pending", "confirmed", "needs-attention", "declined", "withdrawn"] as const;
export type RegistrationStatus = (typeof registrationStatuses)[number];

export interface StatusReader {
  /**
   * @returns `pending` until something is written; `confirmed` when the address is registered, by this submission or an
   *   earlier one; `needs-attention` while an organiser has to decide; `declined` when one gave up on it; `withdrawn`.
   *   Undefined when erased, or older than anything the queue keeps.
   * @throws TURNOUT_TABLE_UNAVAILABLE
   */
  read(receipt: ReceiptContent): Promise<RegistrationStatus | undefined>;
}

export interface StatusReaderOptions {
  readonly reads: StatusReads;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export function createStatusReader({ reads, wallClock }: StatusReaderOptions): StatusReader {
  return {
    async read({ email, registrationId, submittedAt }) {
      const findings = await reads.find({ email, registrationId });
      const written = writtenStatus(findings, registrationId, wallClock());
      if (written === "erased") return undefined;
      if (written) return written;
      // After this the queue has dropped everything: nothing will be written any more.
      const ageSeconds = (wallClock() - Date.parse(submittedAt)) / 1_000;
      return ageSeconds < sqsLimits.maxRetentionSeconds ? "pending" : undefined;
    },
  };
}

const statusOfOutcome = {
  duplicate: "confirmed",
  erased: "erased",
  withdrawn: "withdrawn",
  discarded: "declined",
} as const satisfies Record<Outcome, RegistrationStatus | "erased">;

/** Delay after the insert: several times what lookup and outcome take, and less than until the first poll. */
export const settlingMs = 750;

/** Largest clock error of a worker that is tolerated; beyond it nobody waits. */
function isSettling(at: string | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - Date.parse(at)) < settlingMs;
}

/** @returns undefined while nothing that may be shown is written */
function writtenStatus(
  { item, outcome, deadLetterState }: Findings,
  registrationId: string,
  now: number,
): RegistrationStatus | "erased" | undefined {
  if (item?.registrationId === registrationId) {
    if (item.tombstone) return item.tombstone;
    if (!isSettling(item.storedAt, now)) return "confirmed";
  }
  if (outcome && !(outcome.outcome === "duplicate" && isSettling(outcome.at, now))) {
    return statusOfOutcome[outcome.outcome];
  }
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
