/**
 * What becomes of a registration whose address is taken: decided from what stands in the tables, and from nothing else.
 * Looking and writing is done in `registrations-table.ts`; here is no call and no clock.
 */
import type { Outcome } from "../shared/registration/outcome.ts";
import type { Registration } from "../shared/registration/registration.ts";
import { isExpired, isTombstone, type TombstoneItem } from "../shared/registration/tombstone.ts";

/** The item under the address: a registration, or what an erased or withdrawn one left. */
export type StandingItem = TombstoneItem | { readonly registrationId: string };

/** What is to be written about a registration, or stands already, instead of the item. */
export interface OutcomeVerdict {
  readonly kind: "outcome";
  readonly outcome: Outcome;
  /** For `duplicate`: id of the registration that stands under the address. */
  readonly duplicateOf?: string;
  /** An outcome stands under the registration's id, so that nothing is to be written. */
  readonly settled: boolean;
}

export type Verdict =
  /** It is the item. */
  | { readonly kind: "stored" }
  | OutcomeVerdict
  /** It takes the place of this tombstone. */
  | { readonly kind: "replace"; readonly tombstone: TombstoneItem }
  /** Nothing stands there any more: another insert tells. */
  | { readonly kind: "free" };

/**
 * @param item under the registration's address; undefined when there is none
 * @param outcome that stands under the registration's own id; undefined when there is none
 * @param now milliseconds since the epoch
 */
export function decide(
  { id, submittedAt }: Pick<Registration, "id" | "submittedAt">,
  item: StandingItem | undefined,
  outcome: Outcome | undefined,
  now: number,
): Verdict {
  // An outcome is final here, whatever stands under the address by now: a redelivery must not change it.
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
  // Whoever asks to be erased means everything sent until then; whoever withdraws, that one registration.
  if (tombstone === "erased" && submittedAt <= at) return { kind: "outcome", outcome: "erased", settled: false };
  return { kind: "replace", tombstone: item };
}
