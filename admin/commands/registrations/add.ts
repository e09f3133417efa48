/** `turnout registrations add`: registers somebody by hand, through the queue. */
import { randomUUID } from "node:crypto";
import { Command } from "commander";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addConnectionOptions, awsTime, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { emailArgument } from "../../../terminal/email-argument.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { composeAddition, readAnswer } from "../../registrations/by-hand.ts";
import { addByHandOptions, deliver, type ByHandFlags } from "./by-hand-output.ts";

interface AddFlags extends ConnectionFlags, EventFlag, ByHandFlags {
  readonly email: string;
  readonly name: string;
  readonly language?: string;
}

const examples = `
Examples:
  turnout registrations add --email ann@example.org --name "Ann Lee" --answer ticket=Friday --answer guests=2 --why "by phone"
  turnout registrations add --email ann@example.org --name "Ann Lee" --answer newsletter=true --why "paper form 12"

It is checked against the event file and takes the way of all others: through the queue, and the first registration of an
address wins. It works while registration is closed or paused. A mail confirms it, where mails are sent. A consent is given
with true, only if the person agreed to its wording. Several options are separated by semicolons.

Exit code 1 when it was not stored, or nothing is known after --wait: see then with turnout registrations find.`;

export function buildAddCommand(host: CommandHost): Command {
  const { env } = host;
  const command = new Command("add")
    .description("Add a registration by hand, for somebody who cannot.")
    .requiredOption("--email <address>", "the attendee's address, in any spelling", emailArgument)
    .requiredOption("--name <name>", "the attendee's name")
    .option("--language <tag>", "of the mails, such as de (default: the event's)")
    .addHelpText("after", examples);
  addByHandOptions(addEventOption(command));

  return addConnectionOptions(command).action((flags: AddFlags) => {
    const event = readEvent(flags, env);
    const { email, name, answer = [], language } = flags;
    const answers = answer.map((assignment) => readAnswer(assignment, event));
    return withConnection(flags, env, (connection) => {
      const fields = [{ field: "email", value: email }, { field: "name", value: name }, ...answers];
      const now = awsTime(connection.documents);
      return deliver(composeAddition({ id: randomUUID(), fields, language }, event, now), flags, connection, host);
    });
  });
}
