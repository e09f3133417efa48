/** `turnout audit`: whether every accepted registration is where it should be. */
import { Command } from "commander";
import { runAudit, type AuditStep } from "../audit/audit.ts";
import type { AuditReport } from "../audit/audit-report.ts";
import { auditLines } from "../audit/audit-rows.ts";
import { addConnectionOptions, connect, type ConnectionFlags } from "../../terminal/connection.ts";
import { addEventOption, readEvent, type EventFlag } from "../../terminal/event-option.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import type { Progress, Terminal } from "../../terminal/terminal.ts";

interface AuditFlags extends ConnectionFlags, EventFlag {
  readonly ledger: readonly string[];
  readonly drainTimeout: number;
  readonly mailsTimeout?: number;
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
visibility timeout. It changes nothing and receives nothing, so it does no harm while the worker is down.
Where the deployment sends mails, each stored registration must have its confirmation sent, explained or queued.`;

function show({ print, printTable, colors, note }: Terminal, report: AuditReport): void {
  printTable(
    ["accepted", report.accepted.toLocaleString("en"), `of ${report.ledgerLines.toLocaleString("en")} ledger lines`],
    auditLines(report, colors),
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
    .option(
      "--mails-timeout <seconds>",
      "how long to wait for queued mails, which take hours where SES's rate is low (default: what is left of the above)",
      wholeNumber(0, 86_400),
    )
    .option("--ignore-others", "let the table hold registrations that the ledger does not know")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addEventOption(command);

  return addConnectionOptions(command).action(async (flags: AuditFlags) => {
    const event = readEvent(flags, env);
    const connection = await connect(flags, env);
    let step: AuditStep | undefined;
    let bar: Progress | undefined;
    try {
      const report = await runAudit({
        ...connection,
        ledgers: flags.ledger,
        event,
        drainTimeoutSeconds: flags.drainTimeout,
        mailsTimeoutSeconds: flags.mailsTimeout,
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
