/** `turnout dead-letters list`: dead letters, newest first, page by page, with counts of each kind. */
import { Command } from "commander";
import { Type } from "typebox";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups, DeadLetterGroup } from "../../../shared/dead-letters/groups.ts";
import { deadLetterReasons } from "../../../shared/dead-letters/dead-letter.ts";
import { formatAge } from "../../../terminal/duration.ts";
import { wholeNumber } from "../../../terminal/option-values.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import type { Terminal } from "../../../terminal/terminal.ts";
import { createKinds, kindOf, type DeadLetterKind } from "../../dead-letters/row-kinds.ts";
import { createNewestRows, cursorOf, parseCursor } from "../../dead-letters/row-order.ts";
import { scanRows } from "../../dead-letters/row-scan.ts";
import { readAddresses, type DeadLetterRow } from "../../dead-letters/row.ts";
import { addFilterOptions, addStateOption, toFilter, type FilterFlags, type StateFlag } from "./filter-options.ts";
import { DeadLetterLine, rowLine } from "./record-output.ts";

const Count = Type.Integer({ minimum: 0 });

/** What `--json` prints. */
export const DeadLetterListOutput = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: "number that match the filter" }),
    groups: Type.Array(DeadLetterGroup, { description: "all matching ones by reason, largest first" }),
    kinds: Type.Array(
      Type.Object(
        {
          reason: Type.Enum([...deadLetterReasons]),
          detail: Type.String({ description: "with … for numbers that differ" }),
          count: Count,
          open: Count,
          firstFailedAt: Type.String(),
          lastFailedAt: Type.String(),
        },
        { additionalProperties: false },
      ),
      { description: "all matching ones by reason and detail, most open ones first" },
    ),
    records: Type.Array(DeadLetterLine, { description: "the newest matching ones after the cursor, at most --limit" }),
    next: Type.Union([Type.String(), Type.Null()], { description: "--cursor of the next page; null on the last one" }),
  },
  { additionalProperties: false },
);

interface ListFlags extends ConnectionFlags, FilterFlags, StateFlag {
  readonly limit: number;
  readonly cursor?: string;
  readonly groups?: boolean;
  readonly json?: boolean;
}

const defaultLimit = 50;
const maxLimit = 100_000;

const examples = `
Examples:
  turnout dead-letters list --state open --groups          how many of which kind
  turnout dead-letters list --reason invalid-registration --since 2h
  turnout dead-letters list --text @exmaple.org --limit 20
  turnout dead-letters list --json --limit 1000 | jq -r '.records[].id'

--cursor, with what the previous page gave, shows the next one. A page neither repeats nor leaves out what was there
before, whatever arrives or is settled meanwhile.`;

function printKinds(terminal: Terminal, kinds: readonly DeadLetterKind[]): void {
  terminal.printTable(
    ["KIND", "REASON", "COUNT", "OPEN", "REPLAYED", "STORING", "RESOLVED", "DISCARDED", "LAST", "DETAIL"],
    kinds.map(({ reason, detail, count, states, lastFailedAt }, index) => [
      `#${index + 1}`,
      reason,
      count,
      states.open,
      states.replayed,
      states.storing,
      states.resolved,
      states.discarded,
      formatAge(lastFailedAt),
      detail,
    ]),
  );
}

/** Each row names its kind by the number in the table above, instead of repeating the detail. */
function printRows(terminal: Terminal, kinds: readonly DeadLetterKind[], rows: readonly DeadLetterRow[]): void {
  const numbers = new Map(kinds.map(({ reason, detail }, index) => [`${reason} ${kindOf(detail)}`, index + 1]));
  terminal.printTable(
    ["ID", "STATE", "REASON", "KIND", "FAILED", "TIMES", "WHO"],
    rows.map(({ id, state, reason, detail, lastFailedAt, failures, address }) => [
      id,
      state,
      reason,
      `#${numbers.get(`${reason} ${kindOf(detail)}`)}`,
      formatAge(lastFailedAt),
      failures,
      address ?? "-",
    ]),
  );
}

export function buildListCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("list")
    .description("List dead letters, newest first, with counts of each kind.")
    .option("--limit <count>", "how many to show; all are counted", wholeNumber(1, maxLimit), defaultLimit)
    .option("--cursor <text>", "go on after the page that gave it")
    .option("--groups", "show the counts alone")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addStateOption(addFilterOptions(command));

  return addConnectionOptions(command).action((flags: ListFlags) => {
    const after = flags.cursor === undefined ? undefined : parseCursor(flags.cursor);
    return withConnection(flags, env, async ({ documents, deadLettersTable }) => {
      const store = createDeadLetterStore(documents, deadLettersTable);
      const groups = createDeadLetterGroups();
      const counted = createKinds();
      // One more than is shown, which tells whether there is another page.
      const newest = createNewestRows(flags.limit + 1, after);
      let total = 0;
      await scanRows(store, toFilter(flags, flags.state), signal, (found) => {
        for (const row of found) {
          groups.add(row);
          counted.add(row);
          newest.add(row);
        }
        total += found.length;
      });
      const page = newest.rows();
      const shown = page.slice(0, flags.limit);
      const last = shown.at(-1);
      const next = page.length > flags.limit && last ? cursorOf(last) : null;
      const addresses = flags.groups ? new Map<string, string>() : await readAddresses(store, shown, signal);
      const rows = shown.map((row) => ({ ...row, address: row.address ?? addresses.get(row.id) }));
      const kinds = counted.kinds();
      if (flags.json) {
        return terminal.printJson({
          total,
          groups: groups.groups(),
          kinds: kinds.map(({ states, ...kind }) => ({ ...kind, open: states.open })),
          records: flags.groups ? [] : rows.map(rowLine),
          next,
        });
      }
      if (total === 0) return terminal.print("No dead letters.");
      printKinds(terminal, kinds);
      if (flags.groups) return;
      terminal.print("");
      printRows(terminal, kinds, rows);
      if (next !== null)
        terminal.note(`${(total - rows.length).toLocaleString("en")} others. Next page: --cursor ${next}`);
    });
  });
}
