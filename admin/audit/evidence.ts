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
