/**
 * A tombstone: the item that replaces an erased or withdrawn registration, so that inserts of queued or redelivered
 * messages fail.
 *
 * Valid as long as the queue keeps messages, by the clock: DynamoDB removes expired items days late.
 */
import { sqsLimits } from "../aws/aws-limits.ts";
import type { ScanFilter } from "../aws/table-scan.ts";

export const tombstoneKinds = ["erased", "withdrawn"] as const;
export type TombstoneKind = (typeof tombstoneKinds)[number];

/** A registrations item without personal data but the address. */
export interface TombstoneItem {
  readonly email: string;
  readonly tombstone: TombstoneKind;
  /** The id of the registration before it, or one of the erasure's own. */
  readonly registrationId: string;
  /** When it was erased or withdrawn: ISO 8601, UTC. */
  readonly at: string;
  /** DynamoDB expiry: seconds since the epoch. */
  readonly expiresAt: number;
}

/** As long as any earlier message can arrive. */
export const tombstoneSeconds = sqsLimits.maxRetentionSeconds;

/** @returns the item that replaces a registration. @param now milliseconds since the epoch */
export function createTombstone(
  email: string,
  tombstone: TombstoneKind,
  registrationId: string,
  now: number,
): TombstoneItem {
  const expiresAt = Math.ceil(now / 1_000) + tombstoneSeconds;
  return { email, tombstone, registrationId, at: new Date(now).toISOString(), expiresAt };
}

/** Filter expression that excludes tombstones. */
export const onlyRegistrations: ScanFilter = { expression: "attribute_not_exists(tombstone)", values: {} };

/** @returns whether an item is a tombstone, expired ones included */
export function isTombstone(item: object): item is TombstoneItem {
  return "tombstone" in item;
}

/** @returns whether it has expired and does not block any more. @param now milliseconds since the epoch */
export function isExpired({ expiresAt }: TombstoneItem, now: number): boolean {
  return expiresAt * 1_000 <= now;
}
