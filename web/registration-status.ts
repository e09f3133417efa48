/** Says what became of a registration, to whoever holds its receipt, without telling whether the address was known before. */
import type { DrainPace } from "./drain-pace.ts";
import type { ReceiptContent } from "./receipts.ts";
import type { StatusReads } from "./status-reads.ts";

export type RegistrationStatus = "pending" | "confirmed" | "needs-attention";

export interface StatusReader {
  /**
   * @returns `confirmed` when the address is registered, by this submission or an earlier one: the answer does not tell
   *   which, and neither does its pace. `needs-attention` while an organiser has to look at it. Otherwise `pending`.
   * @throws TURNOUT_TABLE_UNAVAILABLE
   */
  read(receipt: ReceiptContent): Promise<RegistrationStatus>;
}

export interface StatusReaderOptions {
  readonly reads: StatusReads;
  readonly pace: DrainPace;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export function createStatusReader({ reads, pace, wallClock }: StatusReaderOptions): StatusReader {
  return {
    async read({ email, registrationId, submittedAt }) {
      const { registered, deadLetterState } = await reads.find({ email, registrationId });
      if (registered?.registrationId === registrationId) {
        pace.observe(submittedAt, registered.storedAt);
        return "confirmed";
      }
      if (registered) {
        const waitedMs = wallClock() - Date.parse(submittedAt);
        return waitedMs >= pace.typicalDelayMs(registrationId) ? "confirmed" : "pending";
      }
      if (deadLetterState === undefined) return "pending";
      // Resolved, and yet not under this address: an organiser corrected the address.
      return deadLetterState === "resolved" ? "confirmed" : "needs-attention";
    },
  };
}
