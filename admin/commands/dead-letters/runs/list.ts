/** `turnout dead-letters runs`: the replays that were started, whoever and whatever started them. */
import { Command } from "commander";
import { Type, type Static } from "typebox";
import { createRunLease } from "../../../replay-runs/run-lease.ts";
import { createRunStore } from "../../../replay-runs/run-store.ts";
import {
  addConnectionOptions,
  awsTime,
  withConnection,
  type ConnectionFlags,
} from "../../../../terminal/connection.ts";
import { formatAge } from "../../../../terminal/duration.ts";
import type { CommandHost } from "../../../../terminal/command-line.ts";
import { paintStanding, RunLine, toRunLine } from "./run-output.ts";

/** What `--json` prints: newest first. */
export const RunListOutput = Type.Object({ runs: Type.Array(RunLine) }, { additionalProperties: false });

export type RunListOutput = Static<typeof RunListOutput>;

interface ListFlags extends ConnectionFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters runs --stack summit-production
  turnout dead-letters runs --json | jq -r '.runs[] | select(.state == "interrupted").id'

Runs are kept for 90 days.`;

export function buildRunListCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("list")
    .description("List the replays that were started, newest first.")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((flags: ListFlags) =>
    withConnection(flags, env, async ({ documents, controlsTable }) => {
      const wallClock = () => awsTime(documents);
      const lease = await createRunLease({ documents, controlsTable, wallClock }).read();
      const found = await createRunStore(documents, controlsTable).list(signal);
      const runs = found.map((run) => toRunLine(run, lease, wallClock()));
      if (flags.json) return terminal.printJson({ runs });
      if (runs.length === 0) return terminal.print("No replay was started in the last 90 days.");
      terminal.printTable(
        ["ID", "STATE", "STARTED", "SELECTED", "SENT", "RESOLVED", "FAILED", "LEFT", "WHO", "WHY"],
        runs.map(({ id, state, startedBy, selected, sent, counts, why }) => [
          id,
          paintStanding(state, terminal.colors),
          formatAge(startedBy.at, wallClock()),
          selected,
          sent,
          counts.resolved,
          counts.failed,
          counts.untouched,
          startedBy.who,
          why,
        ]),
      );
    }),
  );
}
