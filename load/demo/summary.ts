/** Shows the demo's report to a person. */
import type { Terminal } from "../../terminal/terminal.ts";
import { plain } from "../../shared/process/terminal-text.ts";
import type { Cell } from "../../terminal/text-table.ts";
import type { DemoReport } from "./demo-report.ts";

function count(value: number): string {
  return value.toLocaleString("en");
}

function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

function quantiles({ p50, p99 }: DemoReport["acceptMs"]): string {
  return p50 === null ? "-" : `${duration(p50)} / ${duration(p99 ?? p50)}`;
}

function verdict({ lost, queued, audit, refused }: DemoReport): string {
  if (lost > 0) return "FAILED: registrations are lost.";
  if (audit.corrupt + audit.duplicated + audit.unexpected > 0) return "FAILED: the table does not hold what was sent.";
  if (queued > 0) return "FAILED: the queue was not drained. Is the worker running? Nothing is lost so far.";
  return refused > 0 ? "Nothing is lost, but rows were rejected." : "Nothing is lost, but not all was accepted.";
}

/** @param report as `--json` would print it */
export function showSummary({ print, printTable, colors }: Terminal, report: DemoReport): void {
  const { audit } = report;
  const bad = (value: number): Cell => ({ text: count(value), paint: colors.red });
  const must = (value: number): Cell => (value === 0 ? { text: "0", paint: colors.green } : bad(value));
  const onlyIf = (value: number, row: readonly Cell[]) => (value > 0 ? [row] : []);
  const mean = (value: number | null) => (value === null ? "unknown" : String(value));
  const folded = `${count(report.secondRegistrations)} for an address registered before, ${count(report.secondClicks)} second clicks`;
  printTable(
    ["accepted", count(report.accepted), `of ${count(report.requests)} requests`],
    [
      ["stored", count(report.stored), "people in the table, each once"],
      ["duplicates folded", count(report.duplicatesFolded), folded],
      ...onlyIf(report.deadLettered, ["dead-lettered", count(report.deadLettered), "kept as dead letters"]),
      ...onlyIf(report.queued, ["still queued", bad(report.queued), "accepted, not stored yet"]),
      ["lost", must(report.lost), "accepted, but nowhere to be found"],
      ["corrupt, doubled, unexpected", must(audit.corrupt + audit.duplicated + audit.unexpected), "by the audit"],
      ...onlyIf(report.refused, ["rejected", bad(report.refused), "see below"]),
      ...onlyIf(report.givenUp, ["given up", bad(report.givenUp), "not accepted in spite of all retries, see below"]),
      ["", "", ""],
      [
        "accept, p50 / p99",
        quantiles(report.acceptMs),
        `${count(report.acceptedPerSecond)} a second, ${count(report.retries)} retries`,
      ],
      [
        "accepted → stored, p50 / p99",
        quantiles(report.storedAfterMs),
        `all drained ${report.drainSeconds} s after the last`,
      ],
      ["registrations per pack", mean(report.registrationsPerPack), "one SQS message"],
      ["registrations per write call", mean(report.registrationsPerWriteCall), "at most 25"],
    ],
  );
  if (report.figuresIncomplete) {
    print("A tier was restarted meanwhile: the last two figures lack what it had counted.");
  }
  for (const [reason, times] of Object.entries(report.givenUpBecause)) {
    print(plain(`  given up: ${count(times)} × ${reason}`));
  }
  for (const { line, reasons } of report.refusedRows) print(plain(`  line ${line}: ${reasons.join("; ")}`));
  if (report.refusedFile !== null) print(`All ${count(report.refused)} rejected rows: ${report.refusedFile}`);
  if (report.seed !== null) print(colors.dim(`The same people again: --seed ${report.seed}`));
  if (report.ledger !== null) print(colors.dim(`Ledger: ${report.ledger}`));
  print(report.passed ? colors.green("Passed: nothing is lost.") : colors.red(verdict(report)));
}
