/**
 * Says what became of a registration, to whoever holds its receipt: only what a worker, or an admin, has written about this
 * very registration. Nothing is inferred from another one under the same address, so a known address looks like a new one
 * until its own outcome is written.
 *
 * That takes the worker a moment longer: the item of a new address is there with its insert, while for a known one the
 * insert fails, the address is looked up and the outcome inserted. Both are dated by that first insert, and both are shown
 * from a fixed time after it, when either has long been written. Otherwise that moment would tell them apart.
 *
 *     pending ──► confirmed | needs-attention | declined          needs-attention ──► confirmed | declined
 *
 * `withdrawn` is the attendee's own doing. What was erased has no status, like what never was.
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
   *   earlier one; `needs-attention` while an organiser has to look at it; `declined` when one gave up on it; `withdrawn`.
   *   Undefined where there is nothing to tell: it was erased, or the queue keeps nothing that is so old.
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
      // After this time the queue has dropped whatever it still held: nobody will ever write anything about it.
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

/** How long after the insert it is shown. Several times what look-up and outcome take, and less than until the first look. */
export const settlingMs = 750;

/** A worker whose clock is off by more than this has to be put up with: nobody is to wait for it. */
function isSettling(at: string | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - Date.parse(at)) < settlingMs;
}

/** @returns undefined while nothing is written about this registration that can be shown */
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
      // Not under this address, for an organiser corrected it.
      return "confirmed";
    case "discarded":
      return "declined";
    default:
      return "needs-attention";
  }
}
