/** `turnout registrations correct`: corrects what is stored of somebody, through the queue. */
import { Command } from "commander";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addConnectionOptions, awsTime, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { emailArgument } from "../../../terminal/email-argument.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { gather } from "../../../terminal/option-values.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { parseRemoval, type FieldChange } from "../../dead-letters/edit.ts";
import { composeCorrection, readAnswer } from "../../registrations/by-hand.ts";
import { createRegistrationsStore } from "../../registrations/registrations-store.ts";
import { addByHandOptions, deliver, type ByHandFlags } from "./by-hand-output.ts";

interface CorrectFlags extends ConnectionFlags, EventFlag, ByHandFlags {
  readonly email: string;
  readonly name?: string;
  readonly clear?: string[];
}

const examples = `
Examples:
  turnout registrations correct --email ann@example.org --answer guests=3 --why "by phone"
  turnout registrations correct --email ann@example.org --name "Ann Lee-Jones" --clear remarks --why "request 4711"

What is not named stays. The result is checked against the event file and takes the way of all corrections, through the
queue. It counts over what the attendee has changed so far; the attendee can change it again. The address cannot be
corrected. It works while registration is closed or paused.

Exit code 1 when it was not applied, or nothing is known after --wait: see then with turnout registrations find.`;

function changesOf({ name, answer = [], clear = [] }: CorrectFlags, read: (assignment: string) => FieldChange) {
  const changes: FieldChange[] = [
    ...(name === undefined ? [] : [{ field: "name", value: name }]),
    ...answer.map(read),
    ...clear.map((id) => parseRemoval(`answers.${id}`)),
  ];
  if (changes.length > 0) return changes;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    "Say what to correct: --name, --answer FIELD=VALUE or --clear FIELD.",
  );
}

export function buildCorrectCommand(host: CommandHost): Command {
  const { env } = host;
  const command = new Command("correct")
    .description("Correct the name or answers of somebody who is registered.")
    .requiredOption("--email <address>", "the attendee's address, in any spelling", emailArgument)
    .option("--name <name>", "the name")
    .option("--clear <field>", "take an answer away, by the id of its field; repeatable", gather(String))
    .addHelpText("after", examples);
  addByHandOptions(addEventOption(command));

  return addConnectionOptions(command).action((flags: CorrectFlags) => {
    const event = readEvent(flags, env);
    const changes = changesOf(flags, (assignment) => readAnswer(assignment, event));
    return withConnection(flags, env, async (connection) => {
      const { documents, registrationsTable } = connection;
      const stored = await createRegistrationsStore(documents, registrationsTable).find(flags.email);
      if (stored === undefined) {
        throw new TurnoutError(
          "TURNOUT_NOT_FOUND",
          "This address is not registered. What was registered just now may still be on the queue.",
        );
      }
      const { correction } = composeCorrection(stored, changes, event, awsTime(documents));
      return deliver(correction, flags, connection, host);
    });
  });
}
