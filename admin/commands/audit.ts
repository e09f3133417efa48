/** `turnout audit`: whether every accepted registration is where it should be. */
import { Command } from "commander";
import { runAudit, type AuditStep } from "../audit/audit.ts";
import type { AuditReport } from "../audit/audit-report.ts";
import { addConnectionOptions, connect, type ConnectionFlags } from "../../terminal/connection.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import type { Progress, Terminal } from "../../terminal/terminal.ts";
import type { Cell } from "../../terminal/text-table.ts";

interface AuditFlags extends ConnectionFlags {
  readonly ledger: readonly string[];
  readonly drainTimeout: number;
  readonly ignoreOthers?: boolean;
  readonly json?: boolean;
}

const defaultDrainTimeoutSeconds = 600;

const examples = `
Examples:
  turnout audit --ledger run.jsonl --local
  turnout audit --ledger a.jsonl --ledger b.jsonl --stack summit-test --json

The ledger is what npm run demo, turnout stress or your own load wrote: a JSON line for each attempt. One that says of which
stack it is, in its first line, is not checked against another.
The audit first waits until the queues are drained: nothing waits or is in flight, at every poll for longer than one
visibility timeout. It changes nothing and receives nothing, so it does no harm while the worker is down.`;

function show({ print, printTable, colors, note }: Terminal, report: AuditReport): void {
  const must = (count: number): Cell => ({
    text: count.toLocaleString("en"),
    paint: count === 0 ? colors.green : colors.red,
  });
  const line = (name: string, count: Cell, meaning: string): Cell[] => [
    name,
    typeof count === "number" ? count.toLocaleString("en") : count,
    meaning,
  ];
  printTable(
    ["accepted", report.accepted.toLocaleString("en"), `of ${report.ledgerLines.toLocaleString("en")} ledger lines`],
    [
      line("stored", report.stored, "in the table"),
      line("duplicates", report.duplicates, "the address was already registered"),
      ...(report.erased > 0 ? [line("erased", report.erased, "by an admin, on request")] : []),
      ...(report.withdrawn > 0 ? [line("withdrawn", report.withdrawn, "by the attendee")] : []),
      line("dead-lettered", report.deadLettered, "kept as a dead letter"),
      line("queued", must(report.queued), "not found yet, and the queues are not drained"),
      line("lost", must(report.lost), "accepted, and nowhere to be found"),
      line("", "", ""),
      line("duplicated", must(report.duplicated), "stored twice, or overwritten by a later one"),
      line("unexpected", must(report.unexpected), "stored, but never sent, or rejected, erased or withdrawn"),
      line("corrupt", must(report.corrupt), "stored with another content than was sent"),
      line("recovered", report.recovered, "without an answer, and turned up all the same"),
      line("in both", report.both, "stored or duplicate, with a dead-letter record as well"),
      ...(report.withoutOutcome > 0
        ? [line("without outcome", report.withoutOutcome, "duplicates whose receipts stay pending")]
        : []),
      ...(report.others > 0 ? [line("others", report.others, "stored, and not of this ledger: ignored")] : []),
    ],
  );
  for (const [kind, ids] of Object.entries(report.examples)) {
    if (ids.length > 0) print(`${kind}, for example: ${ids.join(" ")}`);
  }
  if (report.headlessLedgers > 0) note("A ledger does not say of which stack it is: it was taken as this one's.");
  if (!report.drained) note("The queues were not drained when the time was up; more with --drain-timeout.");
  print(report.passed ? colors.green("Passed: nothing is lost.") : colors.red("FAILED."));
}

export function buildAuditCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("audit")
    .description("Check that every registration a ledger says was accepted is stored, duplicate or dead-lettered.")
    .requiredOption(
      "--ledger <file>",
      "ledger of the load; give it again for further files",
      (file, files: readonly string[] | undefined) => [...(files ?? []), file],
    )
    .option(
      "--drain-timeout <seconds>",
      "how long to wait for the queues to drain; 0 checks at once",
      wholeNumber(0, 86_400),
      defaultDrainTimeoutSeconds,
    )
    .option("--ignore-others", "let the table hold registrations that the ledger does not know")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action(async (flags: AuditFlags) => {
    const connection = await connect(flags, env);
    let step: AuditStep | undefined;
    let bar: Progress | undefined;
    try {
      const report = await runAudit({
        ...connection,
        ledgers: flags.ledger,
        drainTimeoutSeconds: flags.drainTimeout,
        othersAllowed: flags.ignoreOthers ?? false,
        signal,
        onProgress(current, count) {
          if (current !== step) {
            bar?.stop();
            bar = terminal.progress(current);
            step = current;
          }
          bar?.update(count);
        },
      });
      bar?.stop();
      if (flags.json) terminal.printJson(report);
      else show(terminal, report);
      finish(report.passed ? exitCodes.ok : exitCodes.failed);
    } finally {
      bar?.stop();
      connection.close();
    }
  });
}
