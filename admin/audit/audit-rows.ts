/** The counts of an audit for people: what stands in the tables of the audit and of the stress run. */
import type { Terminal } from "../../terminal/terminal.ts";
import type { Cell } from "../../terminal/text-table.ts";
import type { AuditReport } from "./audit-report.ts";

export interface AuditRow {
  readonly name: string;
  readonly count: number;
  readonly meaning: string;
  /** Anything but 0 fails the audit. */
  readonly mustBeZero: boolean;
}

const row = (name: string, count: number, meaning: string): AuditRow => ({ name, count, meaning, mustBeZero: false });
const must = (name: string, count: number, meaning: string): AuditRow => ({ name, count, meaning, mustBeZero: true });
const unlessZero = (given: AuditRow) => (given.count > 0 ? [given] : []);

function changeRows({ corrections, withdrawals, stale, changesQueued }: AuditReport): AuditRow[] {
  if (corrections + withdrawals === 0) return [];
  return [
    row("corrections", corrections, "accepted"),
    row("withdrawals", withdrawals, "accepted"),
    must("stale", stale, "an accepted correction or withdrawal has no effect"),
    ...unlessZero(must("changes queued", changesQueued, "without effect yet, and the queues are not drained")),
  ];
}

function mailRows({ mailsSent, mailsExplained, mailsQueued, mailsMissing }: AuditReport): AuditRow[] {
  if (mailsSent + mailsExplained + mailsQueued + mailsMissing === 0) return [];
  return [
    row("mails sent", mailsSent, "confirmations of what is stored"),
    row("mails explained", mailsExplained, "not sent, and the mails table says why"),
    row("mails queued", mailsQueued, "not sent yet, and the mail queue is not drained"),
    must("mails missing", mailsMissing, "neither sent, nor queued, nor explained"),
  ];
}

/** @returns first where each accepted registration is, then what the audit found out about them */
export function auditRows(report: AuditReport): { readonly places: AuditRow[]; readonly findings: AuditRow[] } {
  return {
    places: [
      row("stored", report.stored, "in the table"),
      row("duplicates", report.duplicates, "the address was already registered"),
      ...unlessZero(row("erased", report.erased, "by an admin, on request")),
      ...unlessZero(row("withdrawn", report.withdrawn, "by the attendee")),
      row("dead-lettered", report.deadLettered, "kept as a dead letter"),
      must("queued", report.queued, "not found yet, and the queues are not drained"),
      must("lost", report.lost, "accepted, and nowhere to be found"),
    ],
    findings: [
      must("duplicated", report.duplicated, "stored twice, or overwritten by a later one"),
      must(
        "unexpected",
        report.unexpected,
        "stored, but never sent, or rejected, erased or withdrawn; or withdrawn unasked",
      ),
      must("corrupt", report.corrupt, "stored with another content than was sent"),
      ...unlessZero(
        must("expired kept", report.expiredAnswersKept, "stored with an answer that expired over two days ago"),
      ),
      row("recovered", report.recovered, "without an answer, and turned up all the same"),
      row("in both", report.both, "stored or duplicate, with a dead-letter record as well"),
      ...unlessZero(row("without outcome", report.withoutOutcome, "duplicates whose receipts stay pending")),
      ...changeRows(report),
      ...mailRows(report),
      ...unlessZero(row("others", report.others, "stored, and not of this ledger: ignored")),
    ],
  };
}

/** @returns lines of a table in the terminal: what must be 0 is green or red */
export function auditLines(report: AuditReport, colors: Terminal["colors"]): Cell[][] {
  const shown = ({ name, count, meaning, mustBeZero }: AuditRow): Cell[] => {
    const text = count.toLocaleString("en");
    return [name, mustBeZero ? { text, paint: count === 0 ? colors.green : colors.red } : text, meaning];
  };
  const { places, findings } = auditRows(report);
  return [...places.map(shown), ["", "", ""], ...findings.map(shown)];
}
