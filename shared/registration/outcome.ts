/**
 * An outcome: what became of a registration that is not the item under its address. Stored in the outcomes table under
 * the registration's id, so that its status never depends on another registration.
 *
 *     duplicate ──► withdrawn             any ──► erased             every other outcome is final
 *
 * Only inserted, so that redeliveries cannot change it; only withdrawals and erasures update it. Contains no attendee
 * data.
 */

export type Outcome = "duplicate" | "erased" | "withdrawn" | "discarded";

/** An item of the outcomes table. */
export interface OutcomeItem {
  /** The registration's id. */
  readonly id: string;
  readonly outcome: Outcome;
  /** When it was written: ISO 8601, UTC. */
  readonly at: string;
  /** For `duplicate`: the id of the registration that holds the address, so that its erasure reaches its duplicates. */
  readonly duplicateOf?: string;
  /** DynamoDB expiry, seconds since the epoch: the same as registrations', by default never. */
  readonly expiresAt?: number;
}
