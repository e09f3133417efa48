/**
 * What one message holds that can never be stored, as few dead letters: those that are rejected for the same reason travel
 * together, as a pack, and the collector makes a record of each. A message of 250 unreadable entries is one call then, not
 * 250.
 */
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";
import { encodeUnknownEntries, maxPackBytes } from "../shared/registration/registration-pack.ts";
import type { DeadLetter } from "./dead-letter-queue.ts";

export interface Rejection {
  /** As it stood in the pack. */
  readonly entry: unknown;
  readonly reason: DeadLetterReason;
  /** What is wrong with it, in words; nothing of the attendee. */
  readonly detail: string;
}

type MergedRejections = Omit<DeadLetter, "attempts">;

/** @returns them as few dead letters, none larger than a pack, unless it is a single entry that is */
export function mergeRejections(rejections: readonly Rejection[]): MergedRejections[] {
  const groups = Map.groupBy(rejections, ({ reason, detail }) => `${reason}\n${detail}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { reason, detail } = first;
    return bodiesOf(group.map(({ entry }) => entry)).map((merged) => ({ ...merged, reason, detail }));
  });
}

/** A body that somebody else put on the queue may be larger than a pack of ours, and grows by its escapes. */
function bodiesOf(entries: readonly unknown[]): { body: string; entries: number }[] {
  const body = encodeUnknownEntries(entries);
  if (entries.length === 1 || Buffer.byteLength(body) <= maxPackBytes) return [{ body, entries: entries.length }];
  const middle = entries.length >> 1;
  return [...bodiesOf(entries.slice(0, middle)), ...bodiesOf(entries.slice(middle))];
}
