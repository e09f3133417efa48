/** Changes many dead letters from the command line: plan, question, execution with progress, one audit log entry. */
import { Type, type Static } from "typebox";
import type { CommandHost } from "../../../terminal/command-line.ts";
import type { Connection } from "../../../terminal/connection.ts";
import { exitCodes, explain } from "../../../terminal/exit.ts";
import type { DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import { createAuditLog, type AdminAction } from "../../audit-log.ts";
import {
  describeSummary,
  executeMany,
  planMany,
  type ManyAction,
  type ManyPlan,
  type ManySummary,
} from "../../dead-letters/many.ts";
import { selectDeadLetters, type Selector } from "../../dead-letters/selection.ts";

const Count = Type.Integer({ minimum: 0 });
const Named = Type.Array(Type.Object({ id: Type.String(), detail: Type.String() }));

/** What `--json` prints. */
export const ManyOutput = Type.Object(
  {
    executed: Type.Boolean({ description: "false for a dry run, which changes nothing" }),
    selected: Count,
    counts: Type.Object({
      change: Type.Integer({ minimum: 0, description: "would be changed" }),
      unchanged: Type.Integer({ minimum: 0, description: "nothing to do: it is so already" }),
      invalid: Type.Integer({ minimum: 0, description: "would not be valid, so left as it is" }),
      skipped: Type.Integer({ minimum: 0, description: "not open, being replayed, or changed meanwhile" }),
      missing: Type.Integer({ minimum: 0, description: "there is no such dead letter" }),
      changed: Count,
      untouched: Type.Integer({ minimum: 0, description: "not reached, because it stopped before" }),
    }),
    errors: Type.Array(
      Type.Object({ pointer: Type.String(), detail: Type.String(), count: Count, id: Type.String() }),
      { description: "why some would not be valid; the id is of the first one" },
    ),
    skipped: Type.Intersect([Named], { description: "the first 200 that were skipped, and why" }),
    stopped: Type.Union([Type.Null(), Type.Object({ code: Type.Enum(["interrupted", "error"]) })]),
  },
  { additionalProperties: false },
);

export type ManyOutput = Static<typeof ManyOutput>;

export interface ManyRequest {
  readonly store: DeadLetterStore;
  readonly selector: Selector;
  readonly action: ManyAction;
  /** For the audit log. */
  readonly logged: { readonly action: AdminAction; readonly doing: string; readonly done: string };
  readonly why: string;
  readonly execute: boolean;
  readonly yes: boolean;
  /** @param count how many would be changed */
  readonly question: (count: number) => string;
  readonly onOutcome?: Parameters<typeof planMany>[1]["onOutcome"];
}

export interface ManyRun {
  readonly plan: ManyPlan;
  /** Undefined when nothing was executed. */
  readonly summary: ManySummary | undefined;
  /** Whether the question was answered with no. */
  readonly declined: boolean;
}

export function toManyOutput({ plan, summary }: ManyRun, executed: boolean): ManyOutput {
  return {
    executed,
    selected: plan.selected,
    counts: {
      ...plan.counts,
      skipped: plan.counts.skipped + (summary?.counts.skipped ?? 0),
      changed: summary?.counts.changed ?? 0,
      untouched: summary?.counts.untouched ?? 0,
    },
    errors: plan.errors.map((error) => ({ ...error })),
    skipped: [...plan.skipped, ...(summary?.skipped ?? [])],
    stopped: summary?.stopped ? { code: summary.stopped.code } : null,
  };
}

/** @returns 0 when all that was selected is, or would be, as wanted */
export function manyExitCode({ counts, stopped }: ManyOutput) {
  const unfinished = counts.invalid + counts.skipped + counts.missing + counts.untouched;
  return unfinished === 0 && stopped === null ? exitCodes.ok : exitCodes.failed;
}

/** @throws TURNOUT_INTERRUPTED while it plans; TURNOUT_USAGE_INVALID when nobody can be asked */
export async function runMany(
  { terminal, signal }: Pick<CommandHost, "terminal" | "signal">,
  connection: Connection,
  request: ManyRequest,
): Promise<ManyRun> {
  const { store, action, logged, why, onOutcome } = request;
  const ids = await selectDeadLetters(store, request.selector, signal);
  const planning = terminal.progress("checking");
  const options = { store, action, signal, ...(onOutcome && { onOutcome }) };
  const plan = await planMany(ids, { ...options, onProgress: planning.update }).finally(() => planning.stop());
  if (!request.execute || plan.planned.length === 0) return { plan, summary: undefined, declined: false };
  if (!request.yes && !(await terminal.confirm(request.question(plan.planned.length), "--yes", signal))) {
    terminal.note("Nothing was changed.");
    return { plan, summary: undefined, declined: true };
  }
  const who = await connection.identity();
  const log = createAuditLog({ connection, who, wallClock: Date.now });
  const planned = plan.planned.map(({ id }) => id);
  const finish = await log.begin({ action: logged.action, ids: planned, detail: logged.doing, why });
  const bar = terminal.progress(logged.doing);
  const summary = await executeMany(plan, { ...options, who, why, onProgress: bar.update });
  bar.stop();
  await finish(describeSummary(summary, logged.done));
  if (summary.stopped?.code === "error") terminal.note(explain(summary.stopped.cause));
  return { plan, summary, declined: false };
}

/** Prints counts and what needs attention; not a row for each of thousands. */
export function printMany(
  { terminal }: Pick<CommandHost, "terminal">,
  { counts, errors, skipped, selected, executed, stopped }: ManyOutput,
  words: { readonly change: string; readonly changed: string },
): void {
  const { print, printTable, colors, note } = terminal;
  if (selected === 0) return print("No dead letter matches: nothing to do.");
  if (errors.length > 0) {
    printTable(
      ["COUNT", "FIRST", "FIELD", "WOULD NOT BE VALID"],
      errors.map(({ count, id, pointer, detail }) => [count, id, pointer || "/", detail]),
    );
    print("");
  }
  if (skipped.length > 0) {
    printTable(
      ["SKIPPED", "WHY"],
      skipped.map(({ id, detail }) => [id, detail]),
    );
    print("");
  }
  const lines: [string, number][] = [
    [executed ? colors.green(words.changed) : colors.green(words.change), executed ? counts.changed : counts.change],
    ["unchanged", counts.unchanged],
    [colors.yellow("invalid"), counts.invalid],
    [colors.yellow("skipped"), counts.skipped],
    [colors.yellow("missing"), counts.missing],
    [colors.red("untouched"), counts.untouched],
  ];
  for (const [index, [word, count]] of lines.entries()) {
    if (index > 0 && count === 0) continue;
    print(`${word}  ${count.toLocaleString("en")} of ${selected.toLocaleString("en")}`);
  }
  if (stopped) print(colors.red("It stopped before the end. Run it again: what is done is left as it is."));
  if (!executed && counts.change > 0) note("This was a dry run. Add --execute to do it.");
}
