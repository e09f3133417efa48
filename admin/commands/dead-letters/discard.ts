/** `turnout dead-letters discard`: gives up on dead letters, with a reason for their history. */
import { Command } from "commander";
import { Type, type Static } from "typebox";
import { createAuditLog } from "../../audit-log.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import type { DeadLetterSummary } from "../../../shared/dead-letters/replay-records.ts";
import { whyUnchangeable } from "../../dead-letters/changeable.ts";
import { createDeadLetterStore, type DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createOutcomesStore, type OutcomesStore } from "../../registrations/outcomes-store.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";

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

interface DiscardFlags extends ConnectionFlags {
  readonly why: string;
  readonly execute?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters discard 4f6c1e… --why "test of the load balancer"
  turnout dead-letters discard 4f6c1e… 9a0b77… --why "spam" --execute --yes

A discarded dead letter is kept, with its body, but cannot be replayed any more.`;

function checkDiscard(id: string, record: DeadLetterSummary | undefined): Outcome {
  if (record === undefined) return { id, fate: "missing", detail: "there is no such dead letter" };
  // Safe to repeat.
  if (record.state === "discarded") return { id, fate: "discarded", detail: "was discarded before" };
  const detail = whyUnchangeable(record, Date.now());
  if (detail !== undefined) return { id, fate: "skipped", detail };
  return { id, fate: "discardable", detail: `${record.reason}: ${record.detail}` };
}

export function buildDiscardCommand({ env, terminal, signal, finish }: CommandHost): Command {
  async function discardAll(
    store: DeadLetterStore,
    decided: OutcomesStore,
    records: ReadonlyMap<string, DeadLetterSummary>,
    checks: readonly Outcome[],
    { who, why }: { readonly who: string; readonly why: string },
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const check of checks) {
      const { id, fate } = check;
      const record = records.get(id);
      if (fate !== "discardable" || record === undefined || signal.aborted) {
        outcomes.push(check);
        continue;
      }
      const entry = { at: new Date().toISOString(), who, what: "discarded", detail: why } as const;
      const done = await store.discard(record, entry);
      if (done) await decided.discard(record, entry.at);
      outcomes.push(
        done
          ? { ...check, fate: "discarded" }
          : { id, fate: "skipped", detail: "somebody changed or replays it meanwhile" },
      );
    }
    return outcomes;
  }

  const command = new Command("discard")
    .description("Give up on dead letters. They are kept, with the reason, but cannot be replayed.")
    .argument("<id...>", "ids of dead letters")
    .requiredOption("--why <text>", "why, for the history")
    .option("--execute", "do it; without this it is a dry run")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((given: readonly string[], flags: DiscardFlags) =>
    withConnection(flags, env, async ({ documents, deadLettersTable, outcomesTable, identity }) => {
      signal.throwIfAborted();
      const store = createDeadLetterStore(documents, deadLettersTable);
      const records = await store.readMany(given, signal);
      const checks = [...new Set(given)].map((id) => checkDiscard(id, records.get(id)));
      const discardable = checks.filter(({ fate }) => fate === "discardable");
      const decided = createOutcomesStore(documents, outcomesTable);
      let outcomes = checks;
      for (const record of records.values()) {
        // An earlier run may have been interrupted between record and outcome.
        if (flags.execute && record.state === "discarded") await decided.discard(record, new Date().toISOString());
      }
      if (flags.execute && discardable.length > 0) {
        const question = `Discard ${discardable.length} dead letter(s) for good?`;
        if (!flags.yes && !(await terminal.confirm(question, "--yes", signal))) {
          terminal.note("Nothing was changed.");
          return finish(exitCodes.failed);
        }
        const who = await identity();
        const log = createAuditLog({ documents, tableName: deadLettersTable, who, wallClock: Date.now });
        const ids = discardable.map(({ id }) => id);
        await log.add({ action: "discard", ids, detail: `discards ${ids.length}`, why: flags.why });
        outcomes = await discardAll(store, decided, records, checks, { who, why: flags.why });
      }
      const executed = flags.execute ?? false;
      if (flags.json) terminal.printJson({ executed, outcomes });
      else {
        terminal.printTable(
          ["ID", "OUTCOME", "DETAIL"],
          outcomes.map(({ id, fate, detail }) => [id, fate, detail]),
        );
        if (!executed) terminal.note("This was a dry run. Add --execute to discard them.");
      }
      const wanted = new Set(executed ? ["discarded"] : ["discarded", "discardable"]);
      finish(outcomes.every(({ fate }) => wanted.has(fate)) ? exitCodes.ok : exitCodes.failed);
    }),
  );
}
