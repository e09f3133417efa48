/** Whether an admin may edit or discard a dead letter, and if not, why: for command and console. */
import { isClaimed, type DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { TurnoutError } from "../../shared/errors.ts";

type Standing = Pick<DeadLetterRecord, "id" | "state" | "claimedBy" | "claimedUntil">;

/**
 * @param now milliseconds since the epoch
 * @returns why not; undefined when allowed
 */
export function whyUnchangeable(record: Standing, now: number): string | undefined {
  const { state, claimedBy, claimedUntil } = record;
  if (isClaimed(record, now)) return `is being replayed by ${claimedBy}, or may be until ${claimedUntil}`;
  return state === "open" ? undefined : `is ${state}`;
}

/**
 * @param what the intended change, such as `edited`
 * @throws TURNOUT_DEAD_LETTER_CHANGED
 */
export function requireChangeable(record: Standing, what: string, now: number): void {
  const detail = whyUnchangeable(record, now);
  if (detail === undefined) return;
  throw new TurnoutError(
    "TURNOUT_DEAD_LETTER_CHANGED",
    `The dead letter ${record.id} ${detail}; only an open one that nobody is replaying can be ${what}.`,
  );
}
