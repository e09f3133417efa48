/** Why a registration becomes a dead letter, and how that is sent to the SQS dead-letter queue. */

/** Why it could not be stored. `crash-loop` comes from SQS: received too often, never finished. */
export const deadLetterReasons = [
  "malformed",
  "unsupported-version",
  "invalid-registration",
  "item-too-large",
  "rejected-by-table",
  "crash-loop",
] as const;

export type DeadLetterReason = (typeof deadLetterReasons)[number];

/**
 * Reasons not caused by the registration, which may well be stored when sent again: a worker that crashes takes whole
 * packs of valid registrations with it.
 */
export const transientReasons: readonly DeadLetterReason[] = ["crash-loop"];

export function isDeadLetterReason(text: string): text is DeadLetterReason {
  return (deadLetterReasons as readonly string[]).includes(text);
}

/** Attributes that a worker sets on a dead letter. Without them, SQS moved the message itself. */
export const deadLetterAttributes = {
  reason: "reason",
  /** The error in words, without attendee data. */
  detail: "detail",
  /** When the worker gave up: ISO 8601, UTC. */
  failedAt: "failedAt",
  /** The message's receive count, this receive included. */
  attempts: "attempts",
} as const;
