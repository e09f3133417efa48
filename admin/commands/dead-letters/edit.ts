/** `turnout dead-letters edit`: corrects the registration in dead letters, checked against the schema. */
import { Command } from "commander";
import { Type } from "typebox";
import { TurnoutError } from "../../../shared/errors.ts";
import { createAuditLog } from "../../audit-log.ts";
import {
  addConnectionOptions,
  withConnection,
  type Connection,
  type ConnectionFlags,
} from "../../../terminal/connection.ts";
import { requireChangeable } from "../../dead-letters/changeable.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { parseAssignment, parseRemoval, proposeEdit, type Edit, type FieldChange } from "../../dead-letters/edit.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { gather } from "../../../terminal/option-values.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import { createManyEdit, type Example } from "../../dead-letters/many.ts";
import { describeChange, parseReplacement, type ManyChange } from "../../dead-letters/many-change.ts";
import type { Selector } from "../../dead-letters/selection.ts";
import { addFilterOptions, toSelector, type AllFlag, type FilterFlags } from "./filter-options.ts";
import { manyExitCode, printMany, runMany, toManyOutput } from "./many-run.ts";
import { requireDeadLetter } from "./required-record.ts";

/** What `--json` prints. */
export const DeadLetterEditOutput = Type.Object(
  {
    id: Type.String(),
    executed: Type.Boolean({ description: "false for a dry run, which changes nothing" }),
    changes: Type.Record(Type.String(), Type.Object({ from: Type.Unknown(), to: Type.Unknown() })),
    registration: Type.Object({ id: Type.String(), email: Type.String() }, { description: "what a replay will send" }),
  },
  { additionalProperties: false },
);

interface EditFlags extends ConnectionFlags, EventFlag, FilterFlags, AllFlag {
  readonly set?: readonly FieldChange[];
  readonly unset?: readonly FieldChange[];
  readonly replace?: readonly ManyChange[];
  readonly yes?: boolean;
  readonly why: string;
  readonly execute?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters edit 4f6c1e… --set email=ann@example.org
  turnout dead-letters edit 4f6c1e… --set 'answers.workshops=["Rust","Go"]'
  turnout dead-letters edit 4f6c1e… --set name="Ann Lee" --unset answers.guests --why "asked by phone" --execute
  turnout dead-letters edit --reason invalid-registration --replace 'email=@exmaple.org=>@example.org' --execute
  turnout dead-letters edit --text "too large" --unset answers.notes --why "asked for shorter ones" --execute --yes

Of many, by ids or by a filter, one field is changed in the same way. Each is checked: those that would not be valid
are left, and so are those that somebody changes meanwhile. It can be interrupted and run again. The body stays as it
came. Afterwards: turnout dead-letters replay ID --execute`;

/** @returns the one change that is made to many */
function manyChangeOf({ set = [], unset = [], replace = [] }: EditFlags): ManyChange {
  const changes: ManyChange[] = [
    ...replace,
    ...set.map(({ field, value }): ManyChange => ({ kind: "set", field, value: value ?? "" })),
    ...unset.map(({ field }): ManyChange => ({ kind: "remove", field })),
  ];
  const [change] = changes;
  if (change !== undefined && changes.length === 1) return change;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    "Many dead letters take one change of one field: --set FIELD=VALUE, --unset FIELD or --replace FIELD=PART=>OTHER.",
  );
}

export function buildEditCommand(host: CommandHost): Command {
  const { env, terminal, signal, finish } = host;
  const { colors, note, print } = terminal;

  function show(id: string, { changes }: Edit, executed: boolean): void {
    terminal.printTable(
      ["FIELD", "WAS", "BECOMES"],
      Object.entries(changes).map(([field, { from, to }]) => [field, JSON.stringify(from), JSON.stringify(to)]),
    );
    if (executed) print(colors.green(`Changed. It is open still; replay it with: turnout dead-letters replay ${id}`));
    else note("This was a dry run. Add --execute to change it.");
  }

  async function editOne(id: string, flags: EditFlags, connection: Connection): Promise<void> {
    const fieldChanges = [...(flags.set ?? []), ...(flags.unset ?? [])];
    if (fieldChanges.length === 0) {
      throw new TurnoutError("TURNOUT_USAGE_INVALID", "Say what to change, with --set, --unset or --replace.");
    }
    const event = readEvent(flags, env);
    const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
    const record = await requireDeadLetter(store, id);
    requireChangeable(record, "edited", Date.now());
    const edit = proposeEdit(record, await store.readBody(record), fieldChanges, event);
    if (flags.execute) {
      const who = await connection.identity();
      const log = createAuditLog({ connection, who, wallClock: Date.now });
      const { changes } = edit;
      const { why } = flags;
      const fields = Object.keys(changes).join(", ");
      await log.around({ action: "edit", ids: [id], detail: `changing ${fields}`, why }, async () => {
        const at = new Date().toISOString();
        if (!(await store.saveEdit(record, edit.registration, { at, who, what: "edited", detail: why, changes }))) {
          throw new TurnoutError(
            "TURNOUT_DEAD_LETTER_CHANGED",
            `Somebody changed the dead letter ${id} meanwhile, or replays it. Read it again: turnout dead-letters show ${id}`,
          );
        }
        return [undefined, `changed ${fields}`];
      });
    }
    const executed = flags.execute ?? false;
    if (flags.json) terminal.printJson({ id, executed, ...edit });
    else show(id, edit, executed);
  }

  function showExamples(shown: readonly Example[], count: number): void {
    if (shown.length === 0) return;
    terminal.printTable(
      ["ID", "FIELD", "WAS", "BECOMES"],
      shown.flatMap(({ id, changes }) =>
        Object.entries(changes).map(([field, { from, to }]) => [id, field, JSON.stringify(from), JSON.stringify(to)]),
      ),
    );
    if (count > shown.length) print(`… and ${(count - shown.length).toLocaleString("en")} others`);
    print("");
  }

  async function editMany(selector: Selector, flags: EditFlags, connection: Connection): Promise<void> {
    const change = manyChangeOf(flags);
    const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
    const run = await runMany(host, connection, {
      store,
      selector,
      action: createManyEdit(store, change, readEvent(flags, env), Date.now),
      logged: { action: "edit", doing: describeChange(change), done: `${describeChange(change)}: changed` },
      why: flags.why,
      execute: flags.execute ?? false,
      yes: flags.yes ?? false,
      question: (count) => `Change ${count.toLocaleString("en")} dead letter(s)?`,
    });
    if (run.declined) return finish(exitCodes.failed);
    const output = toManyOutput(run, flags.execute ?? false);
    if (flags.json) terminal.printJson(output);
    else {
      if (!output.executed) showExamples(run.plan.examples, output.counts.change);
      printMany(host, output, { change: "would change", changed: "changed" });
      if (output.counts.changed > 0) note("They are open still; replay them with: turnout dead-letters replay");
    }
    finish(manyExitCode(output));
  }

  const command = new Command("edit")
    .description("Mend the registration in dead letters, so that they can be replayed.")
    .argument("[id...]", "ids of dead letters")
    .option("--all", "all that are open")
    .option("--set <field=value>", "email, name or answers.FIELD; can be repeated", gather(parseAssignment))
    .option("--unset <field>", "take answers.FIELD away; can be repeated", gather(parseRemoval))
    .option(
      "--replace <field=part=>other>",
      "replace a part of a text in email, name or answers.FIELD",
      gather(parseReplacement),
    )
    .option("--why <text>", "why, for the history", "mended with the turnout command")
    .option("--execute", "do it; without this it is a dry run")
    .option("--yes", "do not ask before many are changed")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addFilterOptions(addEventOption(command));

  return addConnectionOptions(command).action((given: readonly string[], flags: EditFlags) => {
    const selector = toSelector(given, flags, "open");
    const [id, ...others] = given;
    const one = id !== undefined && others.length === 0 && flags.replace === undefined ? id : undefined;
    return withConnection(flags, env, async (connection) => {
      signal.throwIfAborted();
      await (one === undefined ? editMany(selector, flags, connection) : editOne(one, flags, connection));
    });
  });
}
