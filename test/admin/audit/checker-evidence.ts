/** Evidence for tests of the checker: made up, and given to it in the order in which the audit reads. */
import { createChecker } from "../../../admin/audit/checker.ts";
import type {
  DeadLetterEvidence,
  MailEvidence,
  OutcomeEvidence,
  StoredItem,
  TombstoneEvidence,
} from "../../../admin/audit/evidence.ts";
import type { AttemptLine, CorrectionLine, LedgerLine, WithdrawalLine } from "../../../admin/audit/ledger.ts";
import type { Verdict } from "../../../admin/audit/verdict.ts";

const content = { name: "Ada", answers: { guests: 2, ticket: "Both days" } };

export function attempt(id: string, changes: Partial<AttemptLine> = {}): AttemptLine {
  const email = changes.email ?? `${id}@example.org`;
  return { outcome: "accepted", id, ...content, status: 202, startedAt: 1_000, endedAt: 1_010, ...changes, email };
}

export function item(registrationId: string, changes: Partial<StoredItem> = {}): StoredItem {
  return {
    email: `${registrationId}@example.org`,
    registrationId,
    name: content.name,
    // As it comes back from the table: in whatever order.
    answers: { ticket: "Both days", guests: 2 },
    submittedAt: "2026-01-01T09:00:00.000Z",
    storedAt: "2026-01-01T09:00:01.000Z",
    ...changes,
  };
}

const changed = { status: 202, startedAt: 1_500, endedAt: 1_510 } as const;

/** @param changedAt the minute after nine; undefined for one whose reply nobody could read */
export function correction(
  id: string,
  name: string,
  changedAt: number | undefined,
  changes: Partial<CorrectionLine> = {},
): CorrectionLine {
  return {
    outcome: "accepted",
    change: "correction",
    id,
    email: `${id}@example.org`,
    ...content,
    name,
    ...changed,
    ...(changedAt !== undefined && { changedAt: minute(changedAt) }),
    ...changes,
  };
}

export function withdrawal(id: string, changes: Partial<WithdrawalLine> = {}): WithdrawalLine {
  return { outcome: "accepted", change: "withdrawal", id, email: `${id}@example.org`, ...changed, ...changes };
}

export function minute(number: number): string {
  return `2026-01-01T09:${String(number).padStart(2, "0")}:00.000Z`;
}

interface Evidence {
  readonly lines: readonly LedgerLine[];
  readonly deadLetters?: readonly Partial<DeadLetterEvidence>[];
  readonly outcomes?: readonly OutcomeEvidence[];
  readonly items?: readonly StoredItem[];
  readonly tombstones?: readonly TombstoneEvidence[];
  /** Default: mail is off. */
  readonly mails?: readonly MailEvidence[];
  readonly drained?: boolean;
  readonly mailsDrained?: boolean;
  readonly othersAllowed?: boolean;
  /** Fields whose answers expire, and those of them whose answers should be gone. */
  readonly notCompared?: ReadonlySet<string>;
  readonly overdue?: ReadonlySet<string>;
}

/** @returns what the checker says of the evidence */
export function check(evidence: Evidence): Verdict {
  const { lines, deadLetters = [], outcomes = [], items = [], tombstones = [] } = evidence;
  const { drained = true, othersAllowed = false, mails, mailsDrained = true } = evidence;
  const { notCompared, overdue } = evidence;
  const checking = createChecker({ othersAllowed, ...(notCompared && { notCompared }), ...(overdue && { overdue }) });
  for (const line of lines) checking.attempt(line);
  for (const record of deadLetters) checking.deadLetter({ id: "", state: "open", edited: false, ...record });
  for (const outcome of outcomes) checking.outcome(outcome);
  for (const stored of items) checking.stored(stored);
  for (const tombstone of tombstones) checking.buried(tombstone);
  for (const record of mails ?? []) checking.mail(record);
  return checking.verdict({ drained, mailsDrained: mails && mailsDrained });
}

/** The counts of nothing. */
export const clean = {
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
  duplicated: 0,
  unexpected: 0,
  corrupt: 0,
  expiredAnswersKept: 0,
  recovered: 0,
  others: 0,
  corrections: 0,
  withdrawals: 0,
  stale: 0,
  changesQueued: 0,
  mailsSent: 0,
  mailsExplained: 0,
  mailsQueued: 0,
  mailsMissing: 0,
};
