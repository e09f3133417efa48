/**
 * The audit's decisions, without I/O: it is given ledger, dead letters, outcomes and registrations, in this order, and
 * says what became of every accepted registration.
 *
 * Each accepted id counts once, in this order: `stored` (an item has this id), `erased` and `withdrawn` (by outcome or
 * tombstone), `duplicate` (by its outcome, or another sent id holds its address), `deadLettered`, `queued` (only while
 * not drained), `lost`.
 *
 * Outcomes come from the worker, which is what is checked. So they count only when a registration or tombstone exists
 * under the address: a worker that calls everything a duplicate loses everything.
 *
 * Counts as Jepsen's total-queue checker, but stricter: duplicate, changed or unexpected items fail as well.
 *
 * About 150 bytes per attempt, in flat arrays, so that millions fit.
 */
import { hash } from "node:crypto";
import type { LedgerLine } from "./ledger.ts";
import type { AuditReport } from "./audit-report.ts";
import type { DeadLetterEvidence, OutcomeEvidence, StoredItem, TombstoneEvidence } from "./evidence.ts";
import { createKeyIndex } from "./key-index.ts";
import { createNumberColumn } from "./number-column.ts";

/** Explained count by count in `AuditReport`. */
export type Counts = Pick<
  AuditReport,
  | "accepted"
  | "stored"
  | "duplicates"
  | "withoutOutcome"
  | "erased"
  | "withdrawn"
  | "deadLettered"
  | "queued"
  | "lost"
  | "both"
  | "duplicated"
  | "unexpected"
  | "corrupt"
  | "recovered"
  | "others"
>;

export interface Verdict {
  readonly counts: Counts;
  /** Numbers of ids (`numberOf`) to name as examples: at most `maxExamples` of each kind. */
  readonly numbers: {
    readonly lost: readonly number[];
    readonly queued: readonly number[];
    readonly overwritten: readonly number[];
  };
  /** Ids known directly: at most `maxExamples` of each kind. */
  readonly ids: {
    readonly storedTwice: readonly string[];
    readonly unexpected: readonly string[];
    readonly corrupt: readonly string[];
  };
}

export interface Checker {
  /** First: every ledger line, in any order. */
  attempt(line: LedgerLine): void;
  /** Second: every dead letter. */
  deadLetter(record: DeadLetterEvidence): void;
  /** Third: every outcome. */
  outcome(item: OutcomeEvidence): void;
  /** Fourth: every registration and tombstone of the table, in any order. */
  stored(item: StoredItem): void;
  buried(item: TombstoneEvidence): void;
  /** Last. @param drained whether the queues are known to be empty */
  verdict(drained: boolean): Verdict;
  /** @returns the number of a ledger id; -1 for others */
  numberOf(id: string): number;
}

export interface CheckerOptions {
  /** Whether the table may hold registrations unknown to the ledger, as on a shared stack. Default: no. */
  readonly othersAllowed?: boolean;
}

type Fate = "stored" | "erased" | "withdrawn" | "duplicates" | "deadLettered" | "queued" | "lost";

const maxExamples = 20;
/** Tolerated difference between two machines' clocks. */
const clockToleranceMs = 1_000;

const seen = {
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
} as const;
const sent = seen.accepted | seen.unknown;
const noHolder = 0;
const strangerHolds = -1;
const tombstoneHolds = -2;

function canonical(name: unknown, answers: unknown): string {
  const entries = typeof answers === "object" && answers !== null ? Object.entries(answers) : [["", answers]];
  return JSON.stringify([name, entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))]);
}

/** 48 bits of the content's hash, exact in a double. */
function contentOf(name: unknown, answers: unknown): number {
  return hash("sha256", canonical(name, answers), "buffer").readUIntBE(0, 6);
}

export function createChecker({ othersAllowed = false }: CheckerOptions = {}): Checker {
  const ids = createKeyIndex();
  const people = createKeyIndex();
  const flags = createNumberColumn((length) => new Uint16Array(length));
  const personOf = createNumberColumn((length) => new Int32Array(length));
  const startedAt = createNumberColumn((length) => new Float64Array(length), Infinity);
  const confirmedAt = createNumberColumn((length) => new Float64Array(length), Infinity);
  const content = createNumberColumn((length) => new Float64Array(length), -1);
  /** Further contents sent with an id: only by a faulty client. */
  const furtherContents = new Map<number, Set<number>>();
  /** By person: the number of the id in the table, plus one. */
  const holder = createNumberColumn((length) => new Int32Array(length), noHolder);
  /** Ids created when an admin completed an unreadable body. */
  const mended = new Set<string>();
  const validationErrors = { storedTwice: 0, unexpected: 0, corrupt: 0, others: 0 };
  const examples = { storedTwice: [] as string[], unexpected: [] as string[], corrupt: [] as string[] };

  function find(kind: keyof typeof examples, id: string): void {
    validationErrors[kind] += 1;
    if (examples[kind].length < maxExamples) examples[kind].push(id);
  }

  function mark(number: number, flag: number): void {
    flags.set(number, flags.get(number) | flag);
  }

  function has(number: number, flag: number): boolean {
    return (flags.get(number) & flag) !== 0;
  }

  function wasSent(number: number, item: StoredItem): boolean {
    const stored = contentOf(item.name, item.answers);
    return content.get(number) === stored || (furtherContents.get(number)?.has(stored) ?? false);
  }

  function hasPossibleTimes({ submittedAt, storedAt }: StoredItem): boolean {
    // NaN from an invalid time fails the comparison.
    return Date.parse(String(submittedAt)) <= Date.parse(String(storedAt)) + clockToleranceMs;
  }

  function checkUnexpected(item: StoredItem): void {
    const person = people.find(item.email);
    if (person >= 0) holder.set(person, strangerHolds);
    if (mended.has(item.registrationId)) return;
    if (othersAllowed) validationErrors.others += 1;
    else find("unexpected", item.registrationId);
  }

  function isLegitimate(holding: number): boolean {
    return holding === strangerHolds ? othersAllowed : holding !== noHolder && has(holding - 1, sent);
  }

  function isOverwritten(number: number): boolean {
    const holding = holder.get(personOf.get(number));
    return holding > 0 && holding - 1 !== number && startedAt.get(holding - 1) > confirmedAt.get(number);
  }

  function fateOf(number: number, drained: boolean): Fate {
    if (has(number, seen.stored)) return "stored";
    const holding = holder.get(personOf.get(number));
    const isBacked = holding === tombstoneHolds || isLegitimate(holding);
    if (isBacked && has(number, seen.erased)) return "erased";
    if (isBacked && has(number, seen.withdrawn)) return "withdrawn";
    if (isLegitimate(holding) || (isBacked && has(number, seen.duplicate))) return "duplicates";
    if (has(number, seen.deadLettered)) return "deadLettered";
    return drained ? "lost" : "queued";
  }

  return {
    attempt(line) {
      const number = ids.add(line.id);
      const person = people.add(line.email);
      personOf.set(number, person);
      if (line.outcome === "confirmed") {
        confirmedAt.set(number, Math.min(confirmedAt.get(number), line.at));
        // Whoever has a status has sent it, even if that ledger line is missing.
        startedAt.set(number, Math.min(startedAt.get(number), line.at));
        mark(number, seen.unknown);
        return;
      }
      mark(number, seen[line.outcome]);
      startedAt.set(number, Math.min(startedAt.get(number), line.startedAt));
      const given = contentOf(line.name, line.answers);
      const first = content.get(number);
      if (first === -1) content.set(number, given);
      else if (first !== given) {
        const further = furtherContents.get(number);
        if (further) further.add(given);
        else furtherContents.set(number, new Set([given]));
      }
    },
    deadLetter({ id, registrationId, state, edited }) {
      if (edited && registrationId !== undefined) mended.add(registrationId);
      for (const name of new Set([id, registrationId ?? id])) {
        const number = ids.find(name);
        if (number < 0) continue;
        mark(number, seen.recorded);
        if (edited) mark(number, seen.edited);
        // Resolved means stored or duplicate, so the table must show it. Only an edited one may have moved to another
        // address, where it is a duplicate.
        if (state !== "resolved" || edited) mark(number, seen.deadLettered);
      }
    },
    outcome({ id, outcome }) {
      const number = ids.find(id);
      // A discarded registration is a dead letter whose record is kept.
      if (number >= 0 && outcome !== "discarded") mark(number, seen[outcome]);
    },
    buried({ email, registrationId, tombstone }) {
      const number = ids.find(registrationId);
      if (number >= 0) mark(number, seen[tombstone]);
      const person = people.find(email);
      if (person >= 0) holder.set(person, tombstoneHolds);
    },
    stored(item) {
      const number = ids.find(item.registrationId);
      if (number < 0) return checkUnexpected(item);
      if (has(number, seen.stored)) find("storedTwice", item.registrationId);
      // An admin may have corrected the address before the erasure; the other address may exist.
      else if (has(number, seen.erased | seen.withdrawn) && !has(number, seen.edited)) {
        find("unexpected", item.registrationId);
      } else if (!has(number, sent)) find("unexpected", item.registrationId);
      mark(number, seen.stored);
      const person = people.find(item.email);
      if (person >= 0) holder.set(person, number + 1);
      const asSent = has(number, seen.edited) || (person === personOf.get(number) && wasSent(number, item));
      if (!asSent || !hasPossibleTimes(item)) find("corrupt", item.registrationId);
    },
    verdict(drained) {
      const counts = {
        accepted: 0,
        stored: 0,
        duplicates: 0,
        withoutOutcome: 0,
        erased: 0,
        withdrawn: 0,
        deadLettered: 0,
        queued: 0,
        lost: 0,
        both: 0,
        recovered: 0,
      };
      const numbers = { lost: [] as number[], queued: [] as number[], overwritten: [] as number[] };
      const overwritten = new Set<number>();
      const note = (kind: keyof typeof numbers, number: number) => {
        if (numbers[kind].length < maxExamples) numbers[kind].push(number);
      };
      for (let number = 0; number < ids.size; number += 1) {
        const person = personOf.get(number);
        if (!overwritten.has(person) && isOverwritten(number)) {
          overwritten.add(person);
          note("overwritten", number);
        }
        if (!has(number, seen.accepted)) {
          if (has(number, seen.unknown) && has(number, seen.stored | seen.deadLettered)) counts.recovered += 1;
          continue;
        }
        const fate = fateOf(number, drained);
        counts.accepted += 1;
        counts[fate] += 1;
        if (fate === "lost" || fate === "queued") note(fate, number);
        if (fate === "duplicates" && !has(number, seen.duplicate)) counts.withoutOutcome += 1;
        if (has(number, seen.recorded) && (fate === "stored" || fate === "duplicates")) counts.both += 1;
      }
      const { storedTwice, ...others } = validationErrors;
      return { counts: { ...counts, ...others, duplicated: storedTwice + overwritten.size }, numbers, ids: examples };
    },
    numberOf: (id) => ids.find(id),
  };
}
