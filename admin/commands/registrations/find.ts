/** `turnout registrations find`: what is known of an address. */
import { Argument, Command } from "commander";
import { Type } from "typebox";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { emailArgument } from "../../../terminal/email-argument.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { createRegistrationsStore } from "../../registrations/registrations-store.ts";
import { StoredRegistration } from "../../registrations/stored-registration.ts";
import { DeadLetterLine, toLine } from "../dead-letters/record-output.ts";

/** What `--json` prints. */
export const FindOutput = Type.Object(
  {
    email: Type.String({ description: "the address in key form that was searched for" }),
    registration: Type.Union([StoredRegistration, Type.Null()]),
    deadLetters: Type.Array(DeadLetterLine, { description: "of this address, in any state" }),
  },
  { additionalProperties: false },
);

interface FindFlags extends ConnectionFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout registrations find ann@example.org
  turnout registrations find Ann@Bücher.example --json

Exit code 1 when the address is not registered.`;

export function buildFindCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("find")
    .description("Show the registration of one address, and its dead letters.")
    .addArgument(new Argument("<email>", "the attendee's address, in any spelling").argParser(emailArgument))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((email: string, flags: FindFlags) =>
    withConnection(flags, env, async ({ documents, registrationsTable, deadLettersTable }) => {
      signal.throwIfAborted();
      const registration = (await createRegistrationsStore(documents, registrationsTable).find(email)) ?? null;
      const deadLetters: DeadLetterLine[] = [];
      await createDeadLetterStore(documents, deadLettersTable).scan({}, signal, (records) => {
        for (const record of records) if (record.registration?.email === email) deadLetters.push(toLine(record));
      });
      finish(registration === null ? exitCodes.failed : exitCodes.ok);
      if (flags.json) return terminal.printJson({ email, registration, deadLetters });
      if (registration === null) terminal.print(`${email} is not registered.`);
      else {
        const { answers, registrationId, submittedAt, storedAt, name } = registration;
        const fields: Readonly<Record<string, unknown>> = { name, ...answers, registrationId, submittedAt, storedAt };
        terminal.printTable(
          ["email", registration.email],
          Object.entries(fields).map(([field, value]) => [field, String(value)]),
        );
      }
      for (const { id, state, reason } of deadLetters) terminal.print(`Dead letter ${id}: ${state}, ${reason}`);
    }),
  );
}
