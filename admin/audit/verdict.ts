/** What the checker is asked and what it answers. */
import type { AuditReport } from "./audit-report.ts";
import type { DeadLetterEvidence, MailEvidence, OutcomeEvidence, StoredItem, TombstoneEvidence } from "./evidence.ts";
import type { LedgerLine } from "./ledger.ts";

/** Explained count by count in `AuditReport`. */
export type Counts = Omit<
  AuditReport,
  "passed" | "drained" | "headlessLedgers" | "ledgerLines" | "examples" | "seconds" | "at"
>;

export interface Verdict {
  readonly counts: Counts;
  /** Numbers of ids (`numberOf`) to name as examples: at most `maxExamples` of each kind. */
  readonly numbers: {
    readonly lost: readonly number[];
    readonly queued: readonly number[];
    readonly overwritten: readonly number[];
    readonly stale: readonly number[];
    readonly withdrawn: readonly number[];
    readonly mailsMissing: readonly number[];
  };
  /** Ids known directly: at most `maxExamples` of each kind. */
  readonly ids: {
    readonly storedTwice: readonly string[];
    readonly unexpected: readonly string[];
    readonly corrupt: readonly string[];
    readonly expiredAnswersKept: readonly string[];
  };
}

export interface CheckerOptions {
  /** Whether the table may hold registrations unknown to the ledger, as on a shared stack. Default: no. */
  readonly othersAllowed?: boolean;
  /** Fields whose answers are not compared, since they expire. Default: none. */
  readonly notCompared?: ReadonlySet<string>;
  /** Of these, those whose answers should have been removed by now. Default: none. */
  readonly overdue?: ReadonlySet<string>;
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
  /** Fifth, where mail is on: every record of the mails table. */
  mail(record: MailEvidence): void;
  /** @returns how many stored registrations have no record of their confirmation so far */
  mailsOpen(): number;
  /** Last. */
  verdict(queues: DrainedQueues): Verdict;
  /** @returns the number of a ledger id; -1 for others */
  numberOf(id: string): number;
}

/** Which queues are known to be empty. */
export interface DrainedQueues {
  /** The registrations queue and its dead-letter queue. */
  readonly drained: boolean;
  /** The mail queue; undefined where mail is off. */
  readonly mailsDrained: boolean | undefined;
}
