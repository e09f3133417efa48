/**
 * A change that an attendee makes by the receipt: a **correction**, which carries the whole registration, or a
 * **withdrawal**. Changes travel in packs like registrations and are applied in any order of delivery with the same
 * result:
 *
 *     withdrawal            final: no correction is applied after it, nor when it arrives after it
 *     claim to the mailbox  a change made through a link from a mail; others of that registration do not count any more
 *     time                  among equals the later one, by `changedAt`
 *
 * The exception to the first line follows from the second: once a correction with a claim is stored, a withdrawal
 * without one does nothing.
 */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { ValidationError } from "../errors.ts";
import {
  changeMarks,
  entryIdentity,
  isRegistration,
  registrationErrors,
  validationErrorsOf,
  type Registration,
} from "./registration.ts";

/** The registration as it shall be from now on, its address excepted, which is the key. */
export type Correction = Registration & { readonly kind: "correction"; readonly changedAt: string };

const Withdrawal = Type.Object(
  { kind: Type.Literal("withdrawal"), ...entryIdentity, ...changeMarks },
  { additionalProperties: false },
);
export type Withdrawal = Static<typeof Withdrawal>;

export type Change = Correction | Withdrawal;

const validator = Compile(Withdrawal);
const kinds: readonly unknown[] = ["correction", "withdrawal"] satisfies Change["kind"][];

function kindOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "kind" in entry ? entry.kind : undefined;
}

/** @returns whether it says that it is a change, valid or not */
export function isChangeEntry(entry: unknown): boolean {
  return kinds.includes(kindOf(entry));
}

/** @returns whether an entry of a pack is a valid change */
export function isChange(entry: unknown): entry is Change {
  const kind = kindOf(entry);
  if (kind === "withdrawal") return validator.Check(entry);
  return kind === "correction" && (entry as Correction).changedAt !== undefined && isRegistration(corrected(entry));
}

/** @returns the registration in a correction: what is stored */
export function corrected(correction: unknown): Registration {
  const { kind: _kind, ...registration } = correction as Correction;
  return registration;
}

/** @returns the validation errors of an entry that says it is a change; empty for a valid one */
export function changeErrors(entry: unknown): ValidationError[] {
  if (kindOf(entry) === "withdrawal") return validationErrorsOf(validator, entry);
  const errors = registrationErrors(corrected(entry));
  const dated = (entry as Partial<Correction>).changedAt !== undefined;
  return dated ? errors : [...errors, { pointer: "/changedAt", detail: "is missing" }];
}

/** When a change was made and by whom: what decides which of two counts. */
export interface ChangeRank {
  readonly changedAt?: string | undefined;
  readonly mailbox?: boolean | undefined;
}

/** @returns whether a change takes precedence over what is stored. @param stored of the stored registration */
export function outranks(change: ChangeRank, stored: ChangeRank): boolean {
  if ((change.mailbox === true) !== (stored.mailbox === true)) return change.mailbox === true;
  return (change.changedAt ?? "") > (stored.changedAt ?? "");
}

/**
 * @param now milliseconds since the epoch
 * @param seen the times of changes, and of the submission, that whoever makes this one has seen
 * @returns the time of a change: now, but later than each of them, whatever the clocks of their servers
 */
export function changeTime(now: number, ...seen: (string | undefined)[]): string {
  const latest = Math.max(now, ...seen.map((time) => (time === undefined ? 0 : Date.parse(time) + 1)));
  return new Date(latest).toISOString();
}
