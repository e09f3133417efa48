/**
 * What the parts that meet a dead letter agree on: why it became one, and how that travels on the SQS dead-letter queue.
 */

/** Why something could not be stored. `crash-loop` is SQS's own verdict: received too often, never finished. */
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
 * Reasons that say something of the moment and nothing of the registration: the same message may well be stored when it is
 * sent again. A worker that runs out of memory, or a release that crashes, takes whole packs of sound registrations along.
 */
export const transientReasons: readonly DeadLetterReason[] = ["crash-loop"];

export function isDeadLetterReason(text: string): text is DeadLetterReason {
  return (deadLetterReasons as readonly string[]).includes(text);
}

/** Names of the message attributes that a worker puts on a dead letter. A message without them was moved by SQS. */
export const deadLetterAttributes = {
  reason: "reason",
  /** What was wrong, in words; nothing of the attendee. */
  detail: "detail",
  /** When this worker gave up: ISO 8601, UTC. */
  failedAt: "failedAt",
  /** How often the message had been received, this time included. */
  attempts: "attempts",
} as const;
