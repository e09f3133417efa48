/** `turnout dead-letters discard`: gives up on dead letters, with a reason for their history. */
import { Command } from "commander";
import { Type, type Static } from "typebox";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createManyDiscard } from "../../dead-letters/many.ts";
import { createOutcomesStore } from "../../registrations/outcomes-store.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addFilterOptions, toSelector, type AllFlag, type FilterFlags } from "./filter-options.ts";
import { printMany, runMany, toManyOutput } from "./many-run.ts";

/** What `--json` prints. */
export const DiscardOutput = Type.Object(
  {
    executed: Type.Boolean({ description: "false for a dry run, which changes nothing" }),
    outcomes: Type.Array(
      Type.Object({
        id: Type.String(),
        fate: Type.Enum(["discardable", "discarded", "skipped", "missing"]),
        detail: Type.String(),
      }),
    ),
  },
  { additionalProperties: false },
);

type Outcome = Static<typeof DiscardOutput>["outcomes"][number];

interface DiscardFlags extends ConnectionFlags, FilterFlags, AllFlag {
  readonly why: string;
  readonly execute?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters discard 4f6c1e… --why "test of the load balancer"
  turnout dead-letters discard 4f6c1e… 9a0b77… --why "spam" --execute --yes
  turnout dead-letters discard --reason malformed --until 2h --why "cut off by the proxy" --execute

A discarded dead letter is kept, with its body, but cannot be replayed any more. Of a filter, only open ones are
discarded. It can be interrupted and run again.`;

const fates = {
  change: "discardable",
  changed: "discarded",
  unchanged: "discarded",
  invalid: "skipped",
  skipped: "skipped",
  missing: "missing",
} as const;

export function buildDiscardCommand(host: CommandHost): Command {
  const { env, terminal, signal, finish } = host;
  const command = new Command("discard")
    .description("Give up on dead letters. They are kept, with the reason, but cannot be replayed.")
    .argument("[id...]", "ids of dead letters")
    .option("--all", "all that are open")
    .requiredOption("--why <text>", "why, for the history")
    .option("--execute", "do it; without this it is a dry run")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addFilterOptions(command);

  return addConnectionOptions(command).action((given: readonly string[], flags: DiscardFlags) => {
    const selector = toSelector(given, flags, "open");
    return withConnection(flags, env, async (connection) => {
      signal.throwIfAborted();
      const { documents, deadLettersTable, outcomesTable } = connection;
      const store = createDeadLetterStore(documents, deadLettersTable);
      const decided = createOutcomesStore(documents, outcomesTable);
      const executed = flags.execute ?? false;
      if (executed && given.length > 0) {
        // An earlier run may have been killed between record and outcome.
        for (const record of (await store.readMany(given, signal)).values()) {
          if (record.state === "discarded") await decided.discard(record, new Date().toISOString());
        }
      }
      const outcomes = new Map<string, Outcome>();
      const run = await runMany(host, connection, {
        store,
        selector,
        action: createManyDiscard(store, decided, Date.now),
        logged: { action: "discard", doing: "discarding", done: "discarded" },
        why: flags.why,
        execute: executed,
        yes: flags.yes ?? false,
        question: (count) => `Discard ${count.toLocaleString("en")} dead letter(s) for good?`,
        onOutcome: (id, fate, detail) =>
          outcomes.set(id, {
            id,
            fate: fates[fate],
            detail: detail || (fate === "unchanged" ? "was discarded before" : ""),
          }),
      });
      if (run.declined) return finish(exitCodes.failed);
      const all = [...outcomes.values()];
      if (flags.json) terminal.printJson({ executed, outcomes: all });
      else printMany(host, toManyOutput(run, executed), { change: "discardable", changed: "discarded" });
      const wanted = new Set(executed ? ["discarded"] : ["discarded", "discardable"]);
      finish(all.every(({ fate }) => wanted.has(fate)) ? exitCodes.ok : exitCodes.failed);
    });
  });
}
