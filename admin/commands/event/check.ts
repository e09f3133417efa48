/** `turnout event check`: what is wrong in an event file, what is doubtful, and what it means for stored registrations. */
import { Command } from "commander";
import { Type, type Static } from "typebox";
import { TurnoutError } from "../../../shared/errors.ts";
import { loadEvent, type EventDefinition } from "../../../shared/registration/event-definition.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import { readDeployedFields } from "../../event/deployed-event.ts";
import { findDoubts } from "../../event/doubts.ts";
import { changeKinds, eventChanges, type AskedFields } from "../../event/event-changes.ts";
import { countStoredAnswers, createAnswerTally, type CountedChange } from "../../event/stored-answers.ts";

const Finding = Type.Object(
  { pointer: Type.String({ description: "JSON pointer into the file" }), detail: Type.String() },
  { additionalProperties: false },
);

/** What `--json` prints. */
export const EventCheckOutput = Type.Object(
  {
    file: Type.String(),
    valid: Type.Boolean(),
    errors: Type.Array(Finding),
    doubts: Type.Array(Finding),
    changes: Type.Array(
      Type.Object(
        {
          kind: Type.Enum([...changeKinds]),
          field: Type.String(),
          option: Type.Optional(Type.String()),
          pointer: Type.String(),
          detail: Type.String(),
          stored: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
            description: "stored registrations that it affects; null where they were not counted",
          }),
        },
        { additionalProperties: false },
      ),
      { description: "what is other than in the earlier file, or does not fit what is stored" },
    ),
    registrations: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: "all stored ones; null where they were not counted",
    }),
  },
  { additionalProperties: false },
);

type Output = Static<typeof EventCheckOutput>;
type Found = Pick<Output, "changes" | "registrations">;

interface CheckFlags extends ConnectionFlags {
  readonly against?: string;
  readonly maxReadUnits: number;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const defaultReadUnits = 500;

const examples = `
Examples:
  turnout event check event.json
  turnout event check event.json --strict                         fails on doubts and changes too
  turnout event check next.json --against event.json              what the change would mean
  turnout event check event.json --stack summit-test              against what is deployed, and counted
  turnout event check event.json --local --json | jq .changes

--stack and --local count the stored registrations that a change affects: they read the table once, slowly, and change
nothing. Registrations that still wait in the queue are not among them. Without --against, --stack compares with the fields
that its template records.

Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage. With --strict, also 1 for doubts and changes.`;

function causeCode({ cause }: Error): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

/** @throws TURNOUT_EVENT_INVALID when there is no such file to check */
function examine(file: string): { readonly event?: EventDefinition; readonly errors: Output["errors"] } {
  try {
    return { event: loadEvent(file), errors: [] };
  } catch (error) {
    if (!(error instanceof TurnoutError) || typeof causeCode(error) === "string") throw error;
    const { validationErrors, message } = error;
    return { errors: validationErrors.length > 0 ? [...validationErrors] : [{ pointer: "", detail: message }] };
  }
}

export function buildEventCheckCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const { colors, print, note, printTable } = terminal;

  /** @returns the earlier fields; undefined where they are not known */
  async function readEarlier({ against, stack, region, profile }: CheckFlags): Promise<AskedFields | undefined> {
    if (against !== undefined) return loadEvent(against);
    if (stack === undefined) return undefined;
    const deployed = await readDeployedFields({ stack, region, profile });
    if (deployed === undefined) note(`${stack} does not record its event file: give it with --against.`);
    return deployed;
  }

  async function findChanges(event: EventDefinition, flags: CheckFlags): Promise<Found> {
    async function compare(): Promise<CountedChange[]> {
      const earlier = await readEarlier(flags);
      return (earlier ? eventChanges(earlier, event) : []).map((change) => ({ ...change, stored: null }));
    }
    if (flags.stack === undefined && !flags.local) return { changes: await compare(), registrations: null };
    // Connects first: that explains a stack that is not there.
    return withConnection(flags, env, async ({ documents, registrationsTable: tableName }) => {
      const tally = createAnswerTally(event, await compare());
      const bar = terminal.progress("registrations read");
      await countStoredAnswers({
        documents,
        tableName,
        tally,
        maxReadUnits: flags.maxReadUnits,
        signal,
        onProgress: (registrations) => bar.update(registrations),
      }).finally(() => bar.stop());
      return { changes: tally.counted(), registrations: tally.registrations };
    });
  }

  function show({ file, errors, doubts, changes, registrations }: Output): void {
    const list = (title: string, findings: Output["errors"]) => {
      if (findings.length === 0) return;
      print(title);
      for (const { pointer, detail } of findings) print(`  ${pointer || "/"} ${detail}`);
    };
    list(colors.red(`${file} has ${errors.length} error(s):`), errors);
    list(colors.yellow(`Doubtful in ${file}:`), doubts);
    if (changes.length > 0) {
      print(colors.yellow("For registrations that are stored already:"));
      const counted = (stored: number | null) => (stored === null ? "not counted" : stored.toLocaleString("en"));
      printTable(
        ["AFFECTED", "FIELD", "WHAT"],
        changes.map(({ stored, field, kind }) => [counted(stored), field, kind]),
      );
      for (const { field, detail } of changes) print(`  ${field}: ${detail}`);
    }
    if (registrations !== null) print(`${registrations.toLocaleString("en")} registrations are stored.`);
    if (errors.length === 0) print(colors.green(`${file} is valid.`));
  }

  const command = new Command("check")
    .description("Tell what is wrong with an event file, what is doubtful, and what it means for stored registrations.")
    .argument("<file>", "path of the event file")
    .option("--against <file>", "the earlier event file, by which people registered")
    .option(
      "--max-read-units <count>",
      "read capacity units a second, at most",
      wholeNumber(1, 1_000_000),
      defaultReadUnits,
    )
    .option("--strict", "exit with 1 for doubts and changes, too")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action(async (file: string, flags: CheckFlags) => {
    const { event, errors } = examine(file);
    const isDeployed = flags.against !== undefined || flags.stack !== undefined || flags.local === true;
    const doubts = event ? findDoubts(event, Date.now(), isDeployed) : [];
    const found = event && isDeployed ? await findChanges(event, flags) : { changes: [], registrations: null };
    const output: Output = { file, valid: event !== undefined, errors, doubts, ...found };
    if (flags.json) terminal.printJson(output);
    else show(output);
    const failed = errors.length > 0 || (flags.strict && doubts.length + output.changes.length > 0);
    finish(failed ? exitCodes.failed : exitCodes.ok);
  });
}
