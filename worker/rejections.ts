/**
 * Merges a message's permanently failing entries into few dead letters: those with the same reason become one pack, of
 * which the collector makes a record each. 250 unreadable entries cost one call, not 250.
 */
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import { encodeUnknownEntries, maxPackBytes } from "../shared/registration/registration-pack.ts";
import type { DeadLetter } from "./dead-letter-queue.ts";

export interface Rejection {
  /** As found in the pack. */
  readonly entry: unknown;
  readonly reason: DeadLetterReason;
  /** The error in words, without attendee data. */
  readonly detail: string;
}

type MergedRejections = Omit<DeadLetter, "attempts">;

/** @returns few dead letters, each within the pack limit unless a single entry exceeds it */
export function mergeRejections(rejections: readonly Rejection[]): MergedRejections[] {
  const groups = Map.groupBy(rejections, ({ reason, detail }) => `${reason}\n${detail}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { reason, detail } = first;
    return bodiesOf(group.map(({ entry }) => entry)).map((merged) => ({ ...merged, reason, detail }));
  });
}

/** A foreign body may exceed our pack size, and escaping enlarges it. */
function bodiesOf(entries: readonly unknown[]): { body: string; entries: number }[] {
  const body = encodeUnknownEntries(entries);
  if (entries.length === 1 || Buffer.byteLength(body) <= maxPackBytes) return [{ body, entries: entries.length }];
  const middle = entries.length >> 1;
  return [...bodiesOf(entries.slice(0, middle)), ...bodiesOf(entries.slice(middle))];
}
