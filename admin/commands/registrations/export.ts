/** `turnout registrations export`: the table as a file, or on standard output. */
import { Command, Option } from "commander";
import { Type } from "typebox";
import { createAuditLog } from "../../audit-log.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { createExportFormat, exportFormats, type ExportFormatName } from "../../registrations/export-format.ts";
import { describeExport, exportRegistrations } from "../../registrations/export.ts";

/** What `--json` prints. */
export const ExportOutput = Type.Object(
  {
    file: Type.String(),
    format: Type.Enum([...exportFormats]),
    rows: Type.Integer({ minimum: 0 }),
    complete: Type.Boolean({ description: "false when it was stopped early; continue with --resume" }),
    seconds: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);

interface ExportFlags extends ConnectionFlags, EventFlag {
  readonly format: ExportFormatName;
  readonly out: string;
  readonly maxReadUnits?: number;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  /** Commander's name for the absence of --no-bom. */
  readonly bom: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout registrations export --format csv --out registrations.csv
  turnout registrations export --format jsonl --out registrations.jsonl --max-read-units 500
  turnout registrations export --format csv --out registrations.csv --resume
  turnout registrations export --format jsonl --out - | jq -r .email

Where a spreadsheet would take a text for a formula, at a comma, a semicolon, a tab or the end of a line, it gets an
apostrophe in front; JSON Lines have every text as it is. The file is readable by you alone, and npm run demo -- --file
reads it back.`;

const standardOutput = "-";

/** Standard output holds either the registrations or the report, and cannot be resumed. */
function checkStandardOutput({ out, json, resume, overwrite }: ExportFlags): void {
  if (out !== standardOutput || !(json || resume || overwrite)) return;
  const option = json ? "--json" : resume ? "--resume" : "--overwrite";
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `${option} is of no use with --out -, which writes to standard output.`,
  );
}

export function buildExportCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("export")
    .description("Write all registrations to a file, however many: it can be stopped and resumed.")
    .addOption(new Option("--format <format>", "format of the file").choices(exportFormats).makeOptionMandatory())
    .requiredOption("--out <file>", "path of the file; - for standard output")
    .option("--no-bom", "begin CSV without a byte order mark, by which spreadsheets know UTF-8")
    .option("--max-read-units <count>", "read capacity units a second, at most", wholeNumber(1, 1_000_000))
    .addOption(new Option("--resume", "go on with an export that was stopped").conflicts("overwrite"))
    .option("--overwrite", "replace the file, and start an export again that was stopped")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addEventOption(command);

  return addConnectionOptions(command).action(async (flags: ExportFlags) => {
    checkStandardOutput(flags);
    const event = readEvent(flags, env);
    const toStandardOutput = flags.out === standardOutput;
    await withConnection(flags, env, async (connection) => {
      const began = performance.now();
      const log = createAuditLog({ connection, who: await connection.identity(), wallClock: Date.now });
      const as = `as ${flags.format}`;
      const doing = `exporting all registrations ${as}`;
      const { rows, complete } = await log.around({ action: "export", ids: [], detail: doing, why: "" }, async () => {
        const bar = terminal.progress("exported");
        const result = await exportRegistrations({
          documents: connection.documents,
          tableName: connection.registrationsTable,
          format: createExportFormat(flags.format, event, { startWithByteOrderMark: flags.bom }),
          output: toStandardOutput ? terminal.write : flags.out,
          resume: flags.resume ?? false,
          overwrite: flags.overwrite ?? false,
          maxReadUnits: flags.maxReadUnits,
          signal,
          onProgress: (count) => bar.update(count),
        }).finally(() => bar.stop());
        return [result, describeExport(result, as)];
      });
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      finish(complete ? exitCodes.ok : exitCodes.failed);
      const counted = `${rows.toLocaleString("en")} registrations`;
      if (flags.json) terminal.printJson({ file: flags.out, format: flags.format, rows, complete, seconds });
      else if (toStandardOutput) terminal.note(complete ? `${counted}, ${seconds} s` : `Stopped after ${counted}.`);
      else if (complete) terminal.print(`${counted} in ${flags.out}, ${seconds} s`);
      else terminal.note(`Stopped after ${counted}. Go on with --resume.`);
    });
  });
}
