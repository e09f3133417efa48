/** What the checker needs to know from the tables. */
import type { DeadLetterState } from "../../shared/dead-letters/dead-letter-record.ts";
import type { OutcomeItem } from "../../shared/registration/outcome.ts";
import type { TombstoneItem } from "../../shared/registration/tombstone.ts";

/** A registrations item, not assumed to be valid. */
export interface StoredItem {
  readonly email: string;
  readonly registrationId: string;
  readonly name: unknown;
  readonly answers: unknown;
  readonly submittedAt: unknown;
  readonly storedAt: unknown;
  /** Of its latest correction, and whether that was made with a claim to the mailbox; absent without one. */
  readonly changedAt?: unknown;
  readonly mailbox?: unknown;
}

/** Tolerated difference between two machines' clocks. */
const clockToleranceMs = 1_000;

/** @returns whether it was stored after it was submitted */
export function hasPossibleTimes({ submittedAt, storedAt }: StoredItem): boolean {
  // NaN from an invalid time fails the comparison.
  return Date.parse(String(submittedAt)) <= Date.parse(String(storedAt)) + clockToleranceMs;
}

/** The parts of a dead letter that the audit needs. */
export interface DeadLetterEvidence {
  readonly id: string;
  /** The registration's id, if readable. */
  readonly registrationId?: string | undefined;
  readonly state: DeadLetterState;
  /** Whether an admin edited it: then the stored content may differ from what was sent. */
  readonly edited: boolean;
}

/** An item of the outcomes table. */
export type OutcomeEvidence = Pick<OutcomeItem, "id" | "outcome">;

/** A tombstone: a registrations item that names the registration before it. */
export type TombstoneEvidence = Pick<TombstoneItem, "email" | "registrationId" | "tombstone">;

/** A record of the mails table. */
export interface MailEvidence {
  /** A `mailKey`, or one of a limit. */
  readonly id: string;
  /** `sent`, or why not; absent from limits. */
  readonly outcome?: string;
}
