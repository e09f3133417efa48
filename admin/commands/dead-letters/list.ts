/** `turnout dead-letters list`: dead letters, newest first, with counts by reason. */
import { Command } from "commander";
import { Type } from "typebox";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import type { DeadLetterSummary } from "../../../shared/dead-letters/replay-records.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups, DeadLetterGroup } from "../../../shared/dead-letters/groups.ts";
import { createNewest } from "../../../shared/dead-letters/newest.ts";
import { formatAge } from "../../../terminal/duration.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addFilterOptions, addStateOption, toFilter, type FilterFlags, type StateFlag } from "./filter-options.ts";
import { DeadLetterLine, toLine } from "./record-output.ts";

/** What `--json` prints. */
export const DeadLetterListOutput = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: "how many pass the filter" }),
    groups: Type.Array(DeadLetterGroup, { description: "all that pass, by reason, largest first" }),
    records: Type.Array(DeadLetterLine, { description: "the newest of them, at most --limit" }),
  },
  { additionalProperties: false },
);

interface ListFlags extends ConnectionFlags, FilterFlags, StateFlag {
  readonly limit: number;
  readonly json?: boolean;
}

const defaultLimit = 50;
const maxLimit = 100_000;

const examples = `
Examples:
  turnout dead-letters list --state open
  turnout dead-letters list --reason invalid-registration --since 2h
  turnout dead-letters list --json --limit 1000 | jq -r '.records[].id'`;

export function buildListCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("list")
    .description("List dead letters, newest first, with counts by reason.")
    .option("--limit <count>", "how many to show; all are counted", wholeNumber(1, maxLimit), defaultLimit)
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addStateOption(addFilterOptions(command));

  return addConnectionOptions(command).action((flags: ListFlags) =>
    withConnection(flags, env, async ({ documents, deadLettersTable }) => {
      const store = createDeadLetterStore(documents, deadLettersTable);
      const groups = createDeadLetterGroups();
      const newest = createNewest<DeadLetterSummary>(flags.limit, (record) => record.lastFailedAt);
      let total = 0;
      await store.scan(toFilter(flags), signal, (records) => {
        for (const record of records) {
          groups.add(record);
          newest.add(record);
        }
        total += records.length;
      });
      const records = newest.items().map(toLine);
      if (flags.json) return terminal.printJson({ total, groups: groups.groups(), records });
      if (total === 0) return terminal.print("No dead letters.");
      terminal.printTable(
        ["REASON", "COUNT", "OPEN", "REPLAYED", "STORING", "RESOLVED", "DISCARDED", "FIRST", "LAST"],
        groups
          .groups()
          .map(({ reason, count, states, firstFailedAt, lastFailedAt }) => [
            reason,
            count,
            states.open,
            states.replayed,
            states.storing,
            states.resolved,
            states.discarded,
            formatAge(firstFailedAt),
            formatAge(lastFailedAt),
          ]),
      );
      terminal.print("");
      terminal.printTable(
        ["ID", "STATE", "REASON", "FAILED", "TIMES", "EMAIL", "DETAIL"],
        records.map((record) => [
          record.id,
          record.state,
          record.reason,
          formatAge(record.lastFailedAt),
          record.failures,
          record.email ?? "-",
          record.detail,
        ]),
      );
      if (total > records.length) terminal.note(`${total - records.length} more; see --limit.`);
    }),
  );
}
