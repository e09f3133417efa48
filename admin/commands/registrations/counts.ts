/** `turnout registrations counts`: how many gave which answer, and registered when. */
import { Command, Option } from "commander";
import { Type } from "typebox";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addConnectionOptions, type ConnectionFlags } from "../../../terminal/connection.ts";
import { addEventOption, readEvent, type EventFlag } from "../../../terminal/event-option.ts";
import { gather } from "../../../terminal/option-values.ts";
import { checkCountable, countableFields, countRegistrations, type Counts } from "../../registrations/counts.ts";
import { periodLengths, type PeriodLength } from "../../registrations/periods.ts";
import { addSourceOptions, withSource, type SourceFlags } from "./source-options.ts";

const count = Type.Integer({ minimum: 0 });

/** What `--json` prints. */
export const CountsOutput = Type.Object(
  {
    registrations: count,
    withdrawn: Type.Union([count, Type.Null()], {
      description: "in the last two weeks, longer that is not kept; null of a file, which does not have them",
    }),
    fields: Type.Array(
      Type.Object({
        id: Type.String(),
        label: Type.String(),
        answers: Type.Array(
          Type.Object({
            value: Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
            label: Type.String(),
            count,
          }),
        ),
        unanswered: Type.Integer({ minimum: 0, description: "not answered, or not asked" }),
        others: Type.Integer({ minimum: 0, description: "further answers, where there are too many different ones" }),
      }),
    ),
    expired: Type.Array(Type.String(), { description: "fields whose answers have expired: not counted" }),
    per: Type.Enum([...periodLengths]),
    timeZone: Type.String({ description: "IANA name, the event's" }),
    periods: Type.Array(
      Type.Object({ period: Type.String({ description: "such as 2026-05-01T09:00+02:00, or a day" }), count }),
      { description: "those in which somebody registered" },
    ),
    at: Type.String({ description: "ISO 8601, UTC" }),
  },
  { additionalProperties: false },
);

interface CountsFlags extends ConnectionFlags, EventFlag, SourceFlags {
  readonly by?: string[];
  readonly per: PeriodLength;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout registrations counts
  turnout registrations counts --by ticket --by guests --per day
  turnout registrations counts --in registrations.jsonl --json

Counted are the answers to fields of the type select, choices, checkbox, number and date; of several choices each. Answers
that have expired are not. The table is read through, slowly, and counts as load on it; with --in a file of turnout
registrations export is read instead. What still waits in the queue is not counted.`;

const barWidth = 30;

/** @returns a bar as long as its share of the longest; nothing off a terminal */
function barOf(value: number, longest: number): string {
  return "█".repeat(value === 0 ? 0 : Math.max(1, Math.round((value / longest) * barWidth)));
}

/** @returns such as `2026-05-01 09:00 +02:00` */
function periodText(period: string): string {
  return period.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/, "$1 $2 ");
}

export function buildCountsCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("counts")
    .description("Count registrations: per answer, and by hour or day.")
    .option("--by <field>", "id of a field to count; repeatable (default: all that can be counted)", gather(String))
    .addOption(new Option("--per <period>", "when they registered, by").choices(periodLengths).default("hour"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addSourceOptions(addEventOption(command));

  function showTable(title: string, rows: readonly (readonly [string, number])[]): void {
    const longest = Math.max(1, ...rows.map(([, value]) => value));
    terminal.print("");
    const cells = rows.map(([label, value]) =>
      terminal.interactive ? [label, value, barOf(value, longest)] : [label, value],
    );
    terminal.printTable(terminal.interactive ? [title, "PEOPLE", ""] : [title, "PEOPLE"], cells);
  }

  function show({ registrations, withdrawn, fields, expired, per, timeZone, periods }: Counts): void {
    const apart = withdrawn === null ? "" : `; ${withdrawn.toLocaleString("en")} withdrawn in the last two weeks`;
    terminal.print(`${registrations.toLocaleString("en")} registered${apart}`);
    for (const { label, answers, unanswered, others } of fields) {
      const rest: [string, number][] = [
        ["other answers", others],
        ["no answer", unanswered],
      ];
      const rows = answers.map((answer): [string, number] => [answer.label, answer.count]);
      showTable(label, [...rows, ...rest.filter(([, value]) => value > 0)]);
    }
    if (periods.length > 0) {
      const rows = periods.map(({ period, count: value }): [string, number] => [periodText(period), value]);
      showTable(`${per.toUpperCase()} (${timeZone})`, rows);
    }
    if (expired.length > 0) terminal.note(`Not counted, because the answers have expired: ${expired.join(", ")}`);
  }

  return addConnectionOptions(command).action((flags: CountsFlags) => {
    const event = readEvent(flags, env);
    const { by = countableFields(event), per } = flags;
    checkCountable(by, event);
    return withSource(flags, env, event, async (source) => {
      const bar = terminal.progress("registrations read");
      const counts = await countRegistrations({
        source,
        withWithdrawn: flags.in === undefined,
        event,
        by,
        per,
        now: Date.now(),
        signal,
        onProgress: (done, total) => bar.update(done, total),
      }).finally(() => bar.stop());
      if (flags.json) terminal.printJson(counts);
      else show(counts);
    });
  });
}
