/** `turnout registrations search`: people by part of an address or a name. */
import { Argument, Command, InvalidArgumentError } from "commander";
import { Type } from "typebox";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addConnectionOptions, type ConnectionFlags } from "../../../terminal/connection.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import { searchRegistrations, searchWords } from "../../registrations/search.ts";
import { addSourceOptions, withSource, type SourceFlags } from "./source-options.ts";

/** What `--json` prints. */
export const SearchOutput = Type.Object(
  {
    found: Type.Array(
      Type.Object({
        email: Type.String({ description: "in key form" }),
        name: Type.Union([Type.String(), Type.Null()]),
        reference: Type.Union([Type.String(), Type.Null()]),
        submittedAt: Type.Union([Type.String(), Type.Null()], { description: "ISO 8601, UTC" }),
        withdrawnAt: Type.Union([Type.String(), Type.Null()], {
          description: "when it was withdrawn by the attendee, while that is kept: two weeks",
        }),
      }),
    ),
    read: Type.Integer({ minimum: 0, description: "how many were read" }),
    complete: Type.Boolean({ description: "false when --limit ended it: there are more" }),
  },
  { additionalProperties: false },
);

interface SearchFlags extends ConnectionFlags, EventFlag, SourceFlags {
  readonly limit: number;
  readonly json?: boolean;
}

const defaultLimit = 50;

const examples = `
Examples:
  turnout registrations search lovelace
  turnout registrations search "ada love"            both words, in any order, in address or name
  turnout registrations search @example.org --limit 500 --json
  turnout registrations search muller --in registrations.csv

Case and accents make no difference. The table has no index for this: it is read through, slowly, and counts as load on it.
With --in a file of turnout registrations export is read instead. What still waits in the queue is not found.

Exit code 1 when nobody was found.`;

function someText(text: string): string {
  if (searchWords(text).length === 0) throw new InvalidArgumentError("Give a part of an address or a name.");
  return text;
}

export function buildSearchCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("search")
    .description("Find people by part of an address or a name.")
    .addArgument(new Argument("<text>", "part of an address or a name; of several words each").argParser(someText))
    .option("--limit <count>", "people to show, at most", wholeNumber(1, 10_000), defaultLimit)
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addSourceOptions(addEventOption(command));

  return addConnectionOptions(command).action((text: string, flags: SearchFlags) =>
    withSource(flags, env, readEvent(flags, env), async (source) => {
      const bar = terminal.progress("registrations read");
      const { found, read, complete } = await searchRegistrations({
        source,
        words: searchWords(text),
        limit: flags.limit,
        signal,
        onProgress: (done, total) => bar.update(done, total),
      }).finally(() => bar.stop());
      finish(found.length > 0 ? exitCodes.ok : exitCodes.failed);
      if (flags.json) {
        const people = found.map((person) => ({
          email: person.email,
          name: person.name ?? null,
          reference: person.reference ?? null,
          submittedAt: person.submittedAt ?? null,
          withdrawnAt: person.withdrawnAt ?? null,
        }));
        return terminal.printJson({ found: people, read, complete });
      }
      if (found.length > 0) {
        terminal.printTable(
          ["EMAIL", "NAME", "REFERENCE", "SUBMITTED"],
          found.map(({ email, name = "", reference = "", submittedAt = "", withdrawnAt }) => [
            email,
            name,
            reference,
            withdrawnAt === undefined ? submittedAt : `withdrawn ${withdrawnAt}`,
          ]),
        );
      }
      const counted = `${found.length.toLocaleString("en")} found among ${read.toLocaleString("en")} read`;
      terminal.note(complete ? `${counted}.` : `${counted}, and there are more: give more of it, or a higher --limit.`);
    }),
  );
}
