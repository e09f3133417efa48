/** `turnout dead-letters runs show`: one run, and what came of the records that need attention. */
import { Argument, Command } from "commander";
import { Type, type Static } from "typebox";
import { requireRun } from "../../../replay-runs/replay-runner.ts";
import { createRunLease } from "../../../replay-runs/run-lease.ts";
import { createRunStore } from "../../../replay-runs/run-store.ts";
import {
  addConnectionOptions,
  awsTime,
  withConnection,
  type ConnectionFlags,
} from "../../../../terminal/connection.ts";
import { readTimes } from "../../../../terminal/event-option.ts";
import type { ZonedTimes } from "../../../../terminal/zoned-times.ts";
import type { CommandHost } from "../../../../terminal/command-line.ts";
import type { Terminal } from "../../../../terminal/terminal.ts";
import { paintStanding, RunLine, runsCommand, toRunLine } from "./run-output.ts";

/** What `--json` prints. */
export const RunShowOutput = Type.Object(
  {
    ...RunLine.properties,
    outcomes: Type.Array(Type.Object({ id: Type.String(), fate: Type.String(), detail: Type.String() }), {
      description: "the latest, newest first; those that need attention are kept longest",
    }),
  },
  { additionalProperties: false },
);

type RunShowOutput = Static<typeof RunShowOutput>;

interface ShowFlags extends ConnectionFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters runs show 20260131T094500-3f9a51c2
  watch turnout dead-letters runs show 20260131T094500-3f9a51c2`;

function show({ print, printTable, colors }: Terminal, run: RunShowOutput, times: ZonedTimes): void {
  const counts = Object.entries(run.counts).filter(([, count]) => count > 0);
  printTable(
    ["id", run.id],
    [
      ["state", paintStanding(run.state, colors)],
      ...(run.stopped ? [["stopped", run.stopped.detail]] : []),
      ["started", `${times.full(run.startedBy.at)} by ${run.startedBy.who}`],
      ...run.resumedBy.map(({ at, who }) => ["resumed", `${times.full(at)} by ${who}`]),
      ...(run.endedAt === null ? [] : [["ended", times.full(run.endedAt)]]),
      ["selected", `${run.selected}: ${run.selection}`],
      ["why", run.why],
      ["rate", `${run.rate} a second, first batch ${run.canary}`],
      ["sent", run.sent],
      ...counts.map(([fate, count]) => [fate, count]),
    ],
  );
  if (run.outcomes.length === 0) return;
  print("");
  printTable(
    ["DEAD LETTER", "OUTCOME", "DETAIL"],
    run.outcomes.map(({ id, fate, detail }) => [id, fate, detail]),
  );
}

export function buildRunShowCommand({ env, terminal }: CommandHost): Command {
  const command = new Command("show")
    .description("Show one run of a replay, as far as it has come.")
    .addArgument(new Argument("<id>", "id of the run"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((id: string, flags: ShowFlags) =>
    withConnection(flags, env, async ({ documents, controlsTable }) => {
      const wallClock = () => awsTime(documents);
      const lease = await createRunLease({ documents, controlsTable, wallClock }).read();
      const run = await requireRun(createRunStore(documents, controlsTable), id);
      const output = { ...toRunLine(run, lease, wallClock()), outcomes: [...run.outcomes] };
      if (flags.json) return terminal.printJson(output);
      show(terminal, output, readTimes(env));
      if (output.state === "interrupted" || output.state === "stopped") {
        terminal.note(`To resume it: ${runsCommand("resume", id, flags)}`);
      }
    }),
  );
}
