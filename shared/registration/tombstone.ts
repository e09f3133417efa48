/**
 * A tombstone: what an erased or withdrawn registration leaves under its address, as the item of the registrations table
 * itself. Only that makes the insert of a queued or redelivered registration fail.
 *
 * It lives as long as the queue keeps messages, judged by the clock: DynamoDB removes expired items late, by days.
 */
import { sqsLimits } from "../aws/aws-limits.ts";
import type { ScanFilter } from "../aws/table-scan.ts";

export const tombstoneKinds = ["erased", "withdrawn"] as const;
export type TombstoneKind = (typeof tombstoneKinds)[number];

/** An item of the registrations table that is no registration. Nothing else of the person is in it. */
export interface TombstoneItem {
  readonly email: string;
  readonly tombstone: TombstoneKind;
  /** The registration that stood here; of an address without one, an id of the erasure's own. */
  readonly registrationId: string;
  /** When it was erased or withdrawn: ISO 8601, UTC. */
  readonly at: string;
  /** When DynamoDB may remove it: seconds since the epoch. */
  readonly expiresAt: number;
}

/** As long as any message of before can come. */
export const tombstoneSeconds = sqsLimits.maxRetentionSeconds;

/** @returns the item that takes the place of a registration. @param now milliseconds since the epoch */
export function createTombstone(
  email: string,
  tombstone: TombstoneKind,
  registrationId: string,
  now: number,
): TombstoneItem {
  const expiresAt = Math.ceil(now / 1_000) + tombstoneSeconds;
  return { email, tombstone, registrationId, at: new Date(now).toISOString(), expiresAt };
}

/** For whoever reads the registrations: tombstones are none. */
export const onlyRegistrations: ScanFilter = { expression: "attribute_not_exists(tombstone)", values: {} };

/** @returns whether an item of the registrations table is a tombstone; one whose time is over is one still */
export function isTombstone(item: object): item is TombstoneItem {
  return "tombstone" in item;
}

/** @returns whether its time is over, so that it stands in nobody's way. @param now milliseconds since the epoch */
export function isExpired({ expiresAt }: TombstoneItem, now: number): boolean {
  return expiresAt * 1_000 <= now;
}
