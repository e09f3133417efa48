/**
 * Decides what becomes of a registration whose address is taken, from what the tables hold. Pure:
 * `registrations-table.ts` does the reads and writes.
 */
import type { Outcome } from "../shared/registration/outcome.ts";
import type { Registration } from "../shared/registration/registration.ts";
import { isExpired, isTombstone, type TombstoneItem } from "../shared/registration/tombstone.ts";

/** The item under the address: a registration, or the tombstone of an erased or withdrawn one. */
export type StandingItem = TombstoneItem | { readonly registrationId: string };

/** The outcome to write, or already written, instead of the item. */
export interface OutcomeVerdict {
  readonly kind: "outcome";
  readonly outcome: Outcome;
  /** For `duplicate`: the id of the registration that holds the address. */
  readonly duplicateOf?: string;
  /** The outcome exists already, so nothing is to be written. */
  readonly settled: boolean;
}

export type Verdict =
  /** It is the item. */
  | { readonly kind: "stored" }
  | OutcomeVerdict
  /** It replaces this tombstone. */
  | { readonly kind: "replace"; readonly tombstone: TombstoneItem }
  /** The address is free again: try another insert. */
  | { readonly kind: "free" };

/**
 * @param item under the address; undefined when there is none
 * @param outcome under the registration's own id; undefined when there is none
 * @param now milliseconds since the epoch
 */
export function decide(
  { id, submittedAt }: Pick<Registration, "id" | "submittedAt">,
  item: StandingItem | undefined,
  outcome: Outcome | undefined,
  now: number,
): Verdict {
  // An existing outcome is final: a redelivery must not change it.
  if (outcome !== undefined) return { kind: "outcome", outcome, settled: true };
  if (!item) return { kind: "free" };
  if (!isTombstone(item)) {
    const { registrationId } = item;
    if (registrationId === id) return { kind: "stored" };
    return { kind: "outcome", outcome: "duplicate", duplicateOf: registrationId, settled: false };
  }
  const { registrationId, tombstone, at } = item;
  if (registrationId === id) return { kind: "outcome", outcome: tombstone, settled: false };
  if (isExpired(item, now)) return { kind: "replace", tombstone: item };
  // An erasure covers everything sent until then; a withdrawal only that one registration.
  if (tombstone === "erased" && submittedAt <= at) return { kind: "outcome", outcome: "erased", settled: false };
  return { kind: "replace", tombstone: item };
}
