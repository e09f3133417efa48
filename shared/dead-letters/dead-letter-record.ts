/**
 * A dead letter as a record of the dead-letters table: what could not be stored, why, and what was done about it.
 *
 *     open ──replay──► replayed ──worker has it──► storing ──stored or duplicate──► resolved
 *      ▲ │                                            └──failed again──► open
 *      │ └──discard──► discarded
 *
 * Whoever replays it claims it first, in the very version that was read, for a limited time: the claim travels with what is
 * sent, and the worker stores only under the current one. So an edit or a discard either comes before the claim, and what
 * was read before is not sent, or is rejected; see `dead-letters/replay.ts`.
 *
 * A record never expires by itself. Its body is kept as it came, whatever it is; see `storeBody` for large ones.
 */
import { hash } from "node:crypto";
import { isDeadLetterReason, type DeadLetterReason } from "./dead-letter.ts";
import type { Registration } from "../registration/registration.ts";

export const deadLetterStates = ["open", "replayed", "storing", "resolved", "discarded"] as const;
export type DeadLetterState = (typeof deadLetterStates)[number];

/** One line of a record's history: never changed, only added to. */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `worker`, or the IAM identity of whoever did it. */
  readonly who: string;
  readonly what: "failed" | "replayed" | "resolved" | "edited" | "discarded";
  /** Why, or what came of it, in words. */
  readonly detail: string;
  /** For `edited`: what each changed field was and has become. */
  readonly changes?: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

export interface DeadLetterRecord {
  /** The registration's id, or one derived from the body where none can be read. */
  readonly id: string;
  readonly state: DeadLetterState;
  readonly reason: DeadLetterReason;
  /** What was wrong, in words; nothing of the attendee. */
  readonly detail: string;
  /** The message's body as it came. Absent when it is kept in parts. */
  readonly body?: string;
  /** Into how many items `<id>#<n>` (n from 1) the body is cut. */
  readonly bodyParts?: number;
  /** What the body holds, if it can be read and is small enough: the registration that a replay sends, edits included. */
  readonly registration?: Registration;
  /** The address in an entry that this version, when it failed, could not read as a registration. */
  readonly email?: string;
  /** When the registration was first accepted, if known: ISO 8601, UTC. Retries and replays keep it. */
  readonly submittedAt?: string;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  /** How often it failed, replays included. A writer that changes the state checks that this is as it read it. */
  readonly failures: number;
  readonly history: readonly HistoryEntry[];
  /** The claim of the latest replay. It stays until the replay has failed, or somebody changes what was claimed. */
  readonly claim?: string;
  /** Whoever claimed it: `worker`, or an IAM identity. */
  readonly claimedBy?: string;
  /** When the claim runs out by itself: ISO 8601, UTC. Absent once the send was confirmed, or a worker has it. */
  readonly claimedUntil?: string;
  /** When a worker moved it to `storing`: ISO 8601, UTC. */
  readonly storingAt?: string;
  /** When the one replay that happens without anybody asking was sent: ISO 8601, UTC. There is no second one. */
  readonly automaticReplayAt?: string;
  /** SQS id of the message that was collected last: a message that is delivered again changes nothing. */
  readonly messageId: string;
}

/** What a record says about being claimed. */
export type ClaimState = Pick<DeadLetterRecord, "claimedUntil">;

/**
 * @returns whether somebody replays it at this moment, so that nobody else may touch it
 * @param now milliseconds since the epoch
 */
export function isClaimed({ claimedUntil }: ClaimState, now: number): boolean {
  return claimedUntil !== undefined && Date.parse(claimedUntil) > now;
}

/** Part of a body that is too large for one item. */
export interface BodyPart {
  readonly id: string;
  readonly partOf: string;
  readonly bytes: Uint8Array;
}

/** DynamoDB takes 400 KB in one item; this leaves room for everything else in the record. */
export const maxInlineBodyBytes = 256 * 1_024;

/** Up to this size a body stands in its record a second time, as the registration that was read from it. */
export const maxReadBodyBytes = maxInlineBodyBytes / 2;

/** @returns the id of a body that holds no readable registration: the same body has the same id */
export function idOfBody(body: string): string {
  return `raw-${hash("sha256", body, "hex").slice(0, 32)}`;
}

/**
 * @returns what the record holds of the body, and the items to be written before the record when it does not fit.
 *   Every byte is kept either way.
 */
export function storeBody(
  id: string,
  body: string,
): { inline: { body: string } | { bodyParts: number }; parts: BodyPart[] } {
  const bytes = Buffer.from(body);
  if (bytes.length <= maxInlineBodyBytes) return { inline: { body }, parts: [] };
  const parts: BodyPart[] = [];
  for (let start = 0; start < bytes.length; start += maxInlineBodyBytes) {
    parts.push({
      id: `${id}#${parts.length + 1}`,
      partOf: id,
      bytes: bytes.subarray(start, start + maxInlineBodyBytes),
    });
  }
  return { inline: { bodyParts: parts.length }, parts };
}

/** @returns the body that `storeBody` cut into these parts, which are given in their order */
export function joinBody(parts: readonly BodyPart[]): string {
  return Buffer.concat(parts.map((part) => part.bytes)).toString("utf8");
}

/** @returns the reason that a message's attribute names; a message without one was moved by SQS itself */
export function reasonOf(attribute: string | undefined): DeadLetterReason {
  return attribute !== undefined && isDeadLetterReason(attribute) ? attribute : "crash-loop";
}
