/**
 * An outcome: what became of a registration that did not become the item under its address. It is an item of the outcomes
 * table under the registration's own id, so that a status never has to be inferred from somebody else's record.
 *
 *     duplicate ──► withdrawn             any ──► erased             every other outcome is final
 *
 * Written by inserts only, so that a redelivery cannot change it; only a withdrawal and an erasure change one. It holds
 * nothing of the attendee.
 */

export type Outcome = "duplicate" | "erased" | "withdrawn" | "discarded";

/** An item of the outcomes table. */
export interface OutcomeItem {
  /** The registration's id. */
  readonly id: string;
  readonly outcome: Outcome;
  /** When it was written: ISO 8601, UTC. */
  readonly at: string;
  /**
   * For `duplicate`: id of the registration that stands under the address, so that what happens to that one, an erasure for
   * instance, reaches its duplicates.
   */
  readonly duplicateOf?: string;
  /** When DynamoDB removes it, seconds since the epoch: exactly as registrations expire, never by default. */
  readonly expiresAt?: number;
}
