/** `turnout dead-letters edit`: corrects the registration in a dead letter, checked against the schema. */
import { Command } from "commander";
import { Type } from "typebox";
import { TurnoutError } from "../../../shared/errors.ts";
import { createAuditLog } from "../../audit-log.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { requireChangeable } from "../../dead-letters/changeable.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { parseAssignment, parseRemoval, proposeEdit, type Edit, type FieldChange } from "../../dead-letters/edit.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { gather } from "../../../terminal/option-values.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
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

interface EditFlags extends ConnectionFlags, EventFlag {
  readonly set?: readonly FieldChange[];
  readonly unset?: readonly FieldChange[];
  readonly why: string;
  readonly execute?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters edit 4f6c1e… --set email=ann@example.org
  turnout dead-letters edit 4f6c1e… --set name="Ann Lee" --unset answers.guests --why "asked by phone" --execute

The body stays as it came. Afterwards: turnout dead-letters replay ID --execute`;

export function buildEditCommand({ env, terminal, signal }: CommandHost): Command {
  const { colors, note, print } = terminal;

  function show(id: string, { changes }: Edit, executed: boolean): void {
    terminal.printTable(
      ["FIELD", "WAS", "BECOMES"],
      Object.entries(changes).map(([field, { from, to }]) => [field, JSON.stringify(from), JSON.stringify(to)]),
    );
    if (executed) print(colors.green(`Changed. It is open still; replay it with: turnout dead-letters replay ${id}`));
    else note("This was a dry run. Add --execute to change it.");
  }

  const command = new Command("edit")
    .description("Mend the registration in a dead letter, so that it can be replayed.")
    .argument("<id>", "id of the dead letter")
    .option("--set <field=value>", "email, name or answers.FIELD; can be repeated", gather(parseAssignment))
    .option("--unset <field>", "take answers.FIELD away; can be repeated", gather(parseRemoval))
    .option("--why <text>", "why, for the history", "mended with the turnout command")
    .option("--execute", "do it; without this it is a dry run")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addEventOption(command);

  return addConnectionOptions(command).action(async (id: string, flags: EditFlags) => {
    const fieldChanges = [...(flags.set ?? []), ...(flags.unset ?? [])];
    if (fieldChanges.length === 0) {
      throw new TurnoutError("TURNOUT_USAGE_INVALID", "Say what to change, with --set FIELD=VALUE or --unset FIELD.");
    }
    const event = readEvent(flags, env);
    await withConnection(flags, env, async ({ documents, deadLettersTable, identity }) => {
      signal.throwIfAborted();
      const store = createDeadLetterStore(documents, deadLettersTable);
      const record = await requireDeadLetter(store, id);
      requireChangeable(record, "edited", Date.now());
      const edit = proposeEdit(record, await store.readBody(record), fieldChanges, event);
      if (flags.execute) {
        const who = await identity();
        const log = createAuditLog({ documents, tableName: deadLettersTable, who, wallClock: Date.now });
        const detail = `changes ${Object.keys(edit.changes).join(", ")}`;
        await log.add({ action: "edit", ids: [id], detail, why: flags.why });
        const at = new Date().toISOString();
        const { changes } = edit;
        if (
          !(await store.saveEdit(record, edit.registration, { at, who, what: "edited", detail: flags.why, changes }))
        ) {
          throw new TurnoutError(
            "TURNOUT_DEAD_LETTER_CHANGED",
            `Somebody changed the dead letter ${id} meanwhile, or replays it. Read it again: turnout dead-letters show ${id}`,
          );
        }
      }
      const executed = flags.execute ?? false;
      if (flags.json) terminal.printJson({ id, executed, ...edit });
      else show(id, edit, executed);
    });
  });
}
