/** `turnout registrations forget`: erases one person, everywhere. */
import { Argument, Command } from "commander";
import { Type, type Static } from "typebox";
import { createAuditLog } from "../../audit-log.ts";
import { addConnectionOptions, awsTime, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { emailArgument } from "../../../terminal/email-argument.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { eraseLogged, findTraces, type Forgotten, type Traces } from "../../registrations/forget.ts";
import { createMailsStore } from "../../registrations/mails-store.ts";
import { createOutcomesStore } from "../../registrations/outcomes-store.ts";
import { createRegistrationsStore } from "../../registrations/registrations-store.ts";

/** What `--json` prints. */
export const ForgetOutput = Type.Object(
  {
    executed: Type.Boolean({ description: "false for a dry run, which changes nothing" }),
    registration: Type.Enum(["none", "found", "erased"]),
    deadLetters: Type.Array(
      Type.Object({
        id: Type.String(),
        holds: Type.Enum(["whole", "entry", "address"], {
          description: "the whole record; the person's entry; or only the address could be identified",
        }),
        erased: Type.Boolean(),
      }),
    ),
    duplicates: Type.Integer({
      minimum: 0,
      description: "further registrations of the address, whose receipts show nothing any more either",
    }),
    tombstone: Type.Boolean({ description: "whether what was submitted before is now kept out, queued or not" }),
    messages: Type.Integer({
      minimum: 0,
      description: "still on the queues: nothing of them can be stored, but one can still become a dead letter",
    }),
    otherAddresses: Type.Array(Type.String(), { description: "to which this one was corrected; left alone" }),
  },
  { additionalProperties: false },
);

type ForgetOutput = Static<typeof ForgetOutput>;

interface ForgetFlags extends ConnectionFlags {
  readonly why: string;
  readonly execute?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout registrations forget ann@example.org                    what would be erased
  turnout registrations forget ann@example.org --execute
  turnout registrations forget ann@example.org --execute --yes --why "request 4711"

It leaves a tombstone for two weeks, as long as the queue keeps messages: the address, an id, when. So nothing that was
submitted before can be stored, while whoever registers again is. All receipts of before show nothing any more.`;

function toOutput(traces: Traces, forgotten: Forgotten | undefined): ForgetOutput {
  const erased = new Map(forgotten?.deadLetters.map(({ id, done }) => [id, done]));
  return {
    executed: forgotten !== undefined,
    registration: forgotten?.registration ? "erased" : traces.registered ? "found" : "none",
    deadLetters: traces.deadLetters.map(({ record: { id }, erasure: { kind } }) => ({
      id,
      holds: kind,
      erased: erased.get(id) ?? false,
    })),
    duplicates: forgotten?.duplicates ?? traces.duplicates,
    tombstone: forgotten !== undefined,
    messages: traces.messages,
    otherAddresses: [...traces.otherAddresses],
  };
}

const what = {
  whole: "the whole record",
  entry: "the entry in a body that others are in too",
  address: "the address in an unreadable body: check it, other data of the person may be there",
} as const;

export function buildForgetCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const { note, print } = terminal;

  function show(output: ForgetOutput): void {
    const { executed, registration, deadLetters, duplicates, messages, otherAddresses } = output;
    print(`Registration: ${registration}`);
    if (duplicates > 0) print(`Further registrations of the address: ${duplicates}`);
    if (deadLetters.length === 0) print("Dead letters: none");
    else {
      terminal.printTable(
        ["DEAD LETTER", executed ? "ERASED" : "TO ERASE", "WHAT"],
        deadLetters.map(({ id, holds, erased }) => [id, executed ? (erased ? "yes" : "no") : "yes", what[holds]]),
      );
    }
    if (deadLetters.some(({ erased }) => executed && !erased)) note("Some were changed meanwhile. Run this again.");
    if (executed) {
      note("What was submitted before cannot be stored any more, even if it is still queued. A new registration can.");
    }
    if (messages > 0) {
      note(
        `${messages} message(s) are on the queues, where nothing can be erased. None of them can restore the registration, ` +
          "but one could leave a dead letter: run this again once they are drained.",
      );
    }
    for (const other of otherAddresses) {
      note(`An admin corrected the address to ${other}; the registration there is kept. Forget that address as well.`);
    }
    if (!executed) note("This was a dry run. Add --execute to erase it, and to block what may still be queued.");
  }

  const command = new Command("forget")
    .description("Erase one person: the registration, every trace in the dead letters, and whatever is still queued.")
    .addArgument(new Argument("<email>", "the attendee's address, in any spelling").argParser(emailArgument))
    .option("--why <text>", "why, for the audit log; no name or address", "on request")
    .option("--execute", "do it; without this it is a dry run")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((email: string, flags: ForgetFlags) =>
    withConnection(flags, env, async (connection) => {
      const { documents, deadLettersTable, queueUrl, deadLetterQueueUrl, sqs } = connection;
      const options = {
        registrations: createRegistrationsStore(documents, connection.registrationsTable),
        outcomes: createOutcomesStore(documents, connection.outcomesTable),
        deadLetters: createDeadLetterStore(documents, deadLettersTable),
        mails: createMailsStore(documents, connection.mailsTable),
        sqs,
        queueUrls: [queueUrl, deadLetterQueueUrl],
        signal,
        wallClock: () => awsTime(documents),
      };
      const traces = await findTraces(email, options);
      let forgotten: Forgotten | undefined;
      if (flags.execute) {
        const registered = traces.registered ? "the registration" : "whatever is still queued";
        const question = `Erase ${registered} and ${traces.deadLetters.length} dead letter(s) for good?`;
        if (!flags.yes && !(await terminal.confirm(question, "--yes", signal))) {
          note("Nothing was changed.");
          return finish(exitCodes.failed);
        }
        const who = await connection.identity();
        const log = createAuditLog({ connection, who, wallClock: Date.now });
        forgotten = await eraseLogged(email, traces, options, { log, who, why: flags.why });
      }
      const output = toOutput(traces, forgotten);
      if (flags.json) terminal.printJson(output);
      else show(output);
      const complete = !output.executed || output.deadLetters.every(({ erased }) => erased);
      finish(complete ? exitCodes.ok : exitCodes.failed);
    }),
  );
}
