/** What the checker has seen of an id, as bits of one number. */
import { createNumberColumn } from "./number-column.ts";

export const seen = {
  accepted: 1,
  unknown: 2,
  rejected: 4,
  stored: 8,
  /** Keeps a dead letter's place. */
  deadLettered: 16,
  /** There is a dead letter, in any state. */
  recorded: 32,
  /** Edited by an admin. */
  edited: 64,
  /** By its outcome. */
  duplicate: 128,
  /** By its outcome or tombstone. */
  erased: 256,
  withdrawn: 512,
  /** Its withdrawal was accepted, or may have been. */
  withdrawalSent: 1_024,
  withdrawalAccepted: 2_048,
  /** One that was accepted claims the mailbox. */
  withdrawalClaimed: 4_096,
  /** What is stored was written with such a claim. */
  storedClaimed: 8_192,
  /** Another content is stored than an accepted correction demands. */
  stale: 16_384,
  mailSent: 32_768,
  mailExplained: 65_536,
} as const;

/** Numbers of ids with what was seen of them. */
export function createSeenFlags() {
  const flags = createNumberColumn((length) => new Int32Array(length));
  return {
    /** @param flag one or several of `seen` */
    mark(number: number, flag: number): void {
      flags.set(number, flags.get(number) | flag);
    },
    /** @returns whether any of the flags is set */
    has: (number: number, flag: number): boolean => (flags.get(number) & flag) !== 0,
  };
}
