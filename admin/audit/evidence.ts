/** What the audit reads from the tables, as the checker is told of it: no more than it needs to say what became of whom. */
import type { DeadLetterState } from "../../shared/dead-letters/dead-letter-record.ts";
import type { OutcomeItem } from "../../shared/registration/outcome.ts";
import type { TombstoneItem } from "../../shared/registration/tombstone.ts";

/** An item of the registrations table. Nothing about it is taken for granted. */
export interface StoredItem {
  readonly email: string;
  readonly registrationId: string;
  readonly name: unknown;
  readonly answers: unknown;
  readonly submittedAt: unknown;
  readonly storedAt: unknown;
}

/** What the audit needs of a dead-letter record. */
export interface DeadLetterEvidence {
  readonly id: string;
  /** Id of the registration in it, where one can be read. */
  readonly registrationId?: string | undefined;
  readonly state: DeadLetterState;
  /** Whether an admin has changed it: what is stored then differs from what was sent, rightly. */
  readonly edited: boolean;
}

/** An item of the outcomes table. */
export type OutcomeEvidence = Pick<OutcomeItem, "id" | "outcome">;

/** An item of the registrations table that says of whom one stood there. */
export type TombstoneEvidence = Pick<TombstoneItem, "email" | "registrationId" | "tombstone">;
