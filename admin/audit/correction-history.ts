/**
 * The corrections that a ledger knows, by registration, and what they demand of the content that is stored.
 *
 * An accepted correction with a known time obliges: it, or one that outranks it, must be what is stored. One without a
 * clear answer, or without a known time, may be what is stored. About 30 bytes per correction, in flat arrays.
 */
import { createNumberColumn } from "./number-column.ts";

/** A change's place in the order of changes, as a number: `rankOf`. */
export type Rank = number;

/** The rank of a registration as it was submitted. */
export const submittedRank: Rank = 0;
/** Of a correction whose time is not known. */
const undated = -1;
/** Above every time in milliseconds. */
const claim = 2 ** 44;

/**
 * As `outranks` of `shared/registration/change.ts` orders them.
 * @returns NaN for an invalid time
 */
export function rankOf(changedAt: string, mailbox: boolean): Rank {
  return Date.parse(changedAt) + (mailbox ? claim : 0);
}

export function isClaimed(rank: Rank): boolean {
  return rank >= claim;
}

export interface SentCorrection {
  /** Hash of the content. */
  readonly content: number;
  readonly accepted: boolean;
  readonly mailbox: boolean;
  /** Undefined when it is not known. */
  readonly changedAt: string | undefined;
}

export interface StoredContent {
  readonly content: number;
  readonly rank: Rank;
  /** Whether the registration was submitted with this content. */
  readonly asSubmitted: boolean;
}

/** `stale`: it was sent, but an accepted correction should be in its place. */
export type ContentVerdict = "current" | "stale" | "corrupt";

export interface CorrectionHistory {
  /** @param number of the registration. A rejected correction is none. */
  add(number: number, correction: SentCorrection): void;
  /** After every `add`. */
  check(number: number, stored: StoredContent): ContentVerdict;
}

export function createCorrectionHistory(): CorrectionHistory {
  /** By registration: its latest entry plus one. */
  const newest = createNumberColumn((length) => new Int32Array(length));
  /** By entry: the entry before it plus one. */
  const previous = createNumberColumn((length) => new Int32Array(length));
  const contents = createNumberColumn((length) => new Float64Array(length));
  const ranks = createNumberColumn((length) => new Float64Array(length));
  const claimed = createNumberColumn((length) => new Uint16Array(length));
  const accepted = createNumberColumn((length) => new Uint16Array(length));
  let size = 0;

  function* entriesOf(number: number): Generator<number> {
    for (let entry = newest.get(number); entry !== 0; entry = previous.get(entry - 1)) yield entry - 1;
  }

  return {
    add(number, { content, accepted: isAccepted, mailbox, changedAt }) {
      contents.set(size, content);
      ranks.set(size, changedAt === undefined ? undated : rankOf(changedAt, mailbox));
      claimed.set(size, mailbox ? 1 : 0);
      accepted.set(size, isAccepted ? 1 : 0);
      previous.set(size, newest.get(number));
      size += 1;
      newest.set(number, size);
    },
    check(number, { content, rank, asSubmitted }) {
      // An invalid time is nobody's.
      if (Number.isNaN(rank)) return "corrupt";
      let least = submittedRank;
      let mustBeCorrected = false;
      let wasSent = asSubmitted;
      for (const entry of entriesOf(number)) {
        wasSent ||= contents.get(entry) === content;
        if (accepted.get(entry) === 0) continue;
        mustBeCorrected = true;
        least = Math.max(least, ranks.get(entry));
      }
      if (!wasSent) return "corrupt";
      if (rank < least) return "stale";
      if (rank === submittedRank) return !asSubmitted ? "corrupt" : mustBeCorrected ? "stale" : "current";
      for (const entry of entriesOf(number)) {
        if (contents.get(entry) !== content) continue;
        const isUndated = ranks.get(entry) === undated;
        if (isUndated ? (claimed.get(entry) === 1) === isClaimed(rank) : ranks.get(entry) === rank) return "current";
      }
      // Sent, but not by the change whose marks stand beside it.
      return mustBeCorrected ? "stale" : "corrupt";
    },
  };
}
