/** `turnout registrations find`: what is known of an address, or of the addresses of a reference. */
import { Argument, Command, InvalidArgumentError } from "commander";
import { Type, type Static } from "typebox";
import {
  addConnectionOptions,
  withConnection,
  type Connection,
  type ConnectionFlags,
} from "../../../terminal/connection.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { emailArgument } from "../../../terminal/email-argument.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { createRegistrationsStore } from "../../registrations/registrations-store.ts";
import { createExpiredFields, withoutExpiredAnswers } from "../../../shared/registration/answer-expiry.ts";
import { readReference, referenceOf } from "../../../shared/registration/reference.ts";
import { isTombstone } from "../../../shared/registration/tombstone.ts";
import { findByReference } from "../../registrations/reference-search.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import { createMailsStore, MailLine } from "../../registrations/mails-store.ts";
import { StoredRegistration } from "../../registrations/stored-registration.ts";
import { addEventOption, readEvent, readTimes, type EventFlag } from "../../../terminal/event-option.ts";
import type { EventDefinition } from "../../../shared/registration/event-definition.ts";
import { eventIn } from "../../../shared/registration/event-translation.ts";
import { englishAnswerWords, shownAnswers } from "../../../shared/registration/shown-answers.ts";
import { DeadLetterLine, toLine } from "../dead-letters/record-output.ts";

/** What `--json` prints. */
export const FindOutput = Type.Object(
  {
    email: Type.String({ description: "the address in key form that was searched for" }),
    registration: Type.Union([StoredRegistration, Type.Null()]),
    reference: Type.Union([Type.String(), Type.Null()], {
      description: "the registration's short name, which its attendee quotes at the entrance",
    }),
    withdrawnAt: Type.Union([Type.String(), Type.Null()], {
      description: "when the registration was withdrawn by the attendee, while that is kept: two weeks",
    }),
    mails: Type.Array(MailLine, { description: "of this registration; empty where mail is off" }),
    deadLetters: Type.Array(DeadLetterLine, { description: "of this address, in any state" }),
  },
  { additionalProperties: false },
);

/** What `--json` prints for a reference. */
export const FindByReferenceOutput = Type.Object(
  {
    reference: Type.String(),
    found: Type.Array(FindOutput, { description: "one for each address, mostly one in all" }),
  },
  { additionalProperties: false },
);

type Finding = Static<typeof FindOutput>;

interface FindFlags extends ConnectionFlags, EventFlag {
  readonly json?: boolean;
  readonly wording?: boolean;
  readonly maxReadUnits: number;
}

type Given = { readonly email: string } | { readonly reference: string };

function emailOrReference(text: string): Given {
  const reference = readReference(text);
  if (reference !== undefined) return { reference };
  try {
    return { email: emailArgument(text) };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`${error.message} Or a reference such as W7K3-M9XA.`);
  }
}

const defaultReadUnits = 500;

const examples = `
Examples:
  turnout registrations find ann@example.org
  turnout registrations find ann@example.org --wording
  turnout registrations find Ann@Bücher.example --json
  turnout registrations find W7K3-M9XA

A reference, as pages and mails show it, may be given in any case and without its hyphen. It is derived from the
registration's id and stored nowhere, so it is looked for by reading through the tables, slowly: everything that has it is
shown. A second submission of an address has a reference of its own, which leads to the one that counts. Registrations that
still wait in the queue are not found.

Exit code 1 when the address, or none of the reference, is registered.`;

export function buildFindCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("find")
    .description("Show the registration of an address or a reference, its mails and its dead letters.")
    .addArgument(
      new Argument("<email>", "the attendee's address, in any spelling, or a reference").argParser(emailOrReference),
    )
    .option("--json", "print one JSON document")
    .option("--wording", "show the exact wording of each consent and its hash")
    .option(
      "--max-read-units <count>",
      "read capacity units a second, at most, to look for a reference",
      wholeNumber(1, 1_000_000),
      defaultReadUnits,
    )
    .addHelpText("after", examples);
  addEventOption(command);

  async function lookUp(email: string, connection: Connection, event: EventDefinition | undefined): Promise<Finding> {
    const { documents, registrationsTable, deadLettersTable, mailsTable } = connection;
    signal.throwIfAborted();
    const standing = await createRegistrationsStore(documents, registrationsTable).look(email);
    const expired = createExpiredFields(event)(Date.now());
    const registration =
      standing === undefined || isTombstone(standing) ? null : withoutExpiredAnswers(standing, expired);
    const reference = registration === null ? null : referenceOf(registration.registrationId);
    const isWithdrawn = standing !== undefined && isTombstone(standing) && standing.tombstone === "withdrawn";
    const withdrawnAt = isWithdrawn ? standing.at : null;
    const mails = standing ? await createMailsStore(documents, mailsTable).find(standing.registrationId, signal) : [];
    const deadLetters: DeadLetterLine[] = [];
    await createDeadLetterStore(documents, deadLettersTable).scan({}, signal, (records) => {
      for (const record of records) if (record.registration?.email === email) deadLetters.push(toLine(record));
    });
    return { email, registration, reference, withdrawnAt, mails, deadLetters };
  }

  function show(finding: Finding, flags: FindFlags, event: EventDefinition | undefined): void {
    const { email, registration, reference, withdrawnAt, mails, deadLetters } = finding;
    const times = readTimes(env, flags);
    if (withdrawnAt !== null)
      terminal.print(`${email} is not registered: withdrawn by the attendee at ${times.full(withdrawnAt)}.`);
    else if (registration === null) terminal.print(`${email} is not registered.`);
    else {
      const { answers, registrationId, submittedAt, storedAt, name, language, changedAt, mailbox } = registration;
      const shown = shownAnswers(answers, event ? eventIn(event, "en").fields : [], englishAnswerWords);
      const fields: Readonly<Record<string, unknown>> = {
        registrationId,
        reference,
        submittedAt: times.full(submittedAt),
        storedAt: times.full(storedAt),
        ...(changedAt !== undefined && {
          changedAt: times.full(changedAt) + (mailbox ? "; a link from a mail was used" : ""),
        }),
        ...(language !== undefined && { language }),
      };
      terminal.printTable(
        ["email", registration.email],
        [
          ["name", name],
          // One line each: what stands on several would break the columns.
          ...shown.map(({ label, value }) => [label, value.replaceAll("\n", "; ")]),
          ...Object.entries(fields).map(([field, value]) => [field, String(value)]),
        ],
      );
      for (const { label, agreedTo } of shown) {
        if (flags.wording && agreedTo) terminal.print(`\n${label} (${agreedTo.hash}):\n${agreedTo.wording}`);
      }
    }
    for (const { kind, outcome, at, detail } of mails) {
      terminal.print(`Mail ${kind}: ${outcome} at ${times.full(at)}${detail === undefined ? "" : `, ${detail}`}`);
    }
    for (const { id, state, reason } of deadLetters) terminal.print(`Dead letter ${id}: ${state}, ${reason}`);
  }

  return addConnectionOptions(command).action((given: Given, flags: FindFlags) =>
    withConnection(flags, env, async (connection) => {
      const event = readEvent(flags, env);
      const emails = "email" in given ? [given.email] : await emailsOf(given.reference, connection, flags.maxReadUnits);
      const found: Finding[] = [];
      for (const email of emails) found.push(await lookUp(email, connection, event));
      finish(found.some(({ registration }) => registration !== null) ? exitCodes.ok : exitCodes.failed);
      if (flags.json) return terminal.printJson("email" in given ? found[0] : { ...given, found });
      if (found.length === 0) terminal.print("Nothing that is stored has this reference.");
      for (const [index, finding] of found.entries()) {
        if (index > 0) terminal.print("");
        show(finding, flags, event);
      }
    }),
  );

  function emailsOf(reference: string, connection: Connection, maxReadUnits: number): Promise<string[]> {
    const bar = terminal.progress("items read");
    return findByReference({
      ...connection,
      reference,
      maxReadUnits,
      signal,
      onProgress: (items) => bar.update(items),
    }).finally(() => bar.stop());
  }
}
