/**
 * A record of the dead-letters table: what could not be stored, why, and what was done about it.
 *
 *     open ──replay──► replayed ──worker has it──► storing ──stored or duplicate──► resolved
 *      ▲ │                                            └──failed again──► open
 *      │ └──discard──► discarded
 *
 * A replay first claims the record in the version it read, for a limited time. The claim travels with the message, and
 * the worker stores only under the current claim. So an edit or discard either comes first and voids what was read, or
 * is rejected; see `dead-letters/replay.ts`.
 *
 * Records never expire. Bodies are kept as received; see `storeBody` for large ones.
 */
import { hash } from "node:crypto";
import { isDeadLetterReason, type DeadLetterReason } from "./dead-letter.ts";
import type { Registration } from "../registration/registration.ts";

export const deadLetterStates = ["open", "replayed", "storing", "resolved", "discarded"] as const;
export type DeadLetterState = (typeof deadLetterStates)[number];

/** A history entry; entries are only added. */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `worker`, `attendee`, or the IAM identity. */
  readonly who: string;
  readonly what: "failed" | "replayed" | "resolved" | "edited" | "discarded" | "expired";
  /** Reason or result, in words. */
  readonly detail: string;
  /** For `edited`: old and new values of the changed fields. */
  readonly changes?: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

export interface DeadLetterRecord {
  /** The registration's id, or one derived from an unreadable body. */
  readonly id: string;
  readonly state: DeadLetterState;
  readonly reason: DeadLetterReason;
  /** The error in words, without attendee data. */
  readonly detail: string;
  /** The body as received. Absent when kept in parts. */
  readonly body?: string;
  /** Number of items `<id>#<n>` (n from 1) that hold the body. */
  readonly bodyParts?: number;
  /** The registration in the body, edits included, if readable and small enough: what a replay sends. */
  readonly registration?: Registration;
  /** The address in an entry that was unreadable when it failed. */
  readonly email?: string;
  /** First acceptance, if known: ISO 8601, UTC. Kept by retries and replays. */
  readonly submittedAt?: string;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  /** Number of failures, replays included. State changes are conditional on it. */
  readonly failures: number;
  readonly history: readonly HistoryEntry[];
  /** Claim of the latest replay. Kept until that fails or somebody changes the record. */
  readonly claim?: string;
  /** Who claimed it: `worker`, or an IAM identity. */
  readonly claimedBy?: string;
  /** When the claim expires: ISO 8601, UTC. Absent once the send was confirmed or a worker has it. */
  readonly claimedUntil?: string;
  /** When a worker moved it to `storing`: ISO 8601, UTC. */
  readonly storingAt?: string;
  /** When its only automatic replay was sent: ISO 8601, UTC. */
  readonly automaticReplayAt?: string;
  /** SQS id of the last collected message, so that a redelivery changes nothing. */
  readonly messageId: string;
}

/** A record's claim. */
export type ClaimState = Pick<DeadLetterRecord, "claimedUntil">;

/**
 * @returns whether it is being replayed, so that nobody else may change it
 * @param now milliseconds since the epoch
 */
export function isClaimed({ claimedUntil }: ClaimState, now: number): boolean {
  return claimedUntil !== undefined && Date.parse(claimedUntil) > now;
}

/** Part of a body too large for one item. */
export interface BodyPart {
  readonly id: string;
  readonly partOf: string;
  readonly bytes: Uint8Array;
}

/** DynamoDB allows 400 KB per item; this leaves room for the rest of the record. */
export const maxInlineBodyBytes = 256 * 1_024;

/** Up to this size the decoded registration is stored beside its body. */
export const maxReadBodyBytes = maxInlineBodyBytes / 2;

/** @returns an id for an unreadable body, equal for equal bodies */
export function idOfBody(body: string): string {
  return `raw-${hash("sha256", body, "hex").slice(0, 32)}`;
}

/**
 * @returns the record's body attributes, and items to write before the record when the body does not fit. No byte is
 *   lost.
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

/** @returns the body from its parts, given in order */
export function joinBody(parts: readonly BodyPart[]): string {
  return Buffer.concat(parts.map((part) => part.bytes)).toString("utf8");
}

/** @returns the reason in a message's attributes; without one, SQS moved the message itself */
export function reasonOf(attribute: string | undefined): DeadLetterReason {
  return attribute !== undefined && isDeadLetterReason(attribute) ? attribute : "crash-loop";
}
