/** `turnout dead-letters runs stop`: stops a run, whichever console or command performs it. */
import { setTimeout as delay } from "node:timers/promises";
import { Argument, Command } from "commander";
import { createReplayRunner, requireRun } from "../../../replay-runs/replay-runner.ts";
import { standingOf, type RunStanding } from "../../../replay-runs/replay-run.ts";
import { createRunLease } from "../../../replay-runs/run-lease.ts";
import { createRunStore } from "../../../replay-runs/run-store.ts";
import {
  addConnectionOptions,
  awsTime,
  withConnection,
  type Connection,
  type ConnectionFlags,
} from "../../../../terminal/connection.ts";
import { exitCodes } from "../../../../terminal/exit.ts";
import type { CommandHost } from "../../../../terminal/command-line.ts";
import { runsCommand, toRunLine } from "./run-output.ts";

interface StopFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** Longer than a lease lasts: by then it has stopped, or its process has died. */
const maxWaitMs = 30_000;
const pollMs = 250;

const examples = `
Examples:
  turnout dead-letters runs stop 20260131T094500-3f9a51c2 --stack summit-production

It ends within about three seconds: what is being sent is finished, nothing else is sent. It can be resumed.`;

export function buildRunStopCommand({ env, terminal, signal, finish }: CommandHost): Command {
  async function untilStopped(connection: Connection, id: string): Promise<RunStanding> {
    const { documents, controlsTable } = connection;
    const wallClock = () => awsTime(documents);
    const store = createRunStore(documents, controlsTable);
    const leases = createRunLease({ documents, controlsTable, wallClock });
    for (const began = performance.now(); ;) {
      // The lease first: its holder writes the end before it lets go.
      const lease = await leases.read();
      const standing = standingOf(await requireRun(store, id), lease, wallClock());
      const isOver = standing !== "stopping" && standing !== "running";
      if (isOver || performance.now() - began > maxWaitMs) return standing;
      await delay(pollMs, undefined, { signal });
    }
  }

  const command = new Command("stop")
    .description("Stop a replay, whoever runs it, and wait for its end.")
    .addArgument(new Argument("<id>", "id of the run"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((id: string, flags: StopFlags) =>
    withConnection(flags, env, async (connection) => {
      const { documents, controlsTable } = connection;
      const wallClock = () => awsTime(documents);
      const runner = createReplayRunner({ connection, wallClock, signal, onChange: () => {}, note: terminal.note });
      await runner.requestStop(id);
      const standing = await untilStopped(connection, id);
      const run = await requireRun(createRunStore(documents, controlsTable), id);
      const lease = await createRunLease({ documents, controlsTable, wallClock }).read();
      if (flags.json) terminal.printJson(toRunLine(run, lease, wallClock()));
      else terminal.print(`${id} is ${standing}: ${run.sent} of ${run.selected} were sent.`);
      if (standing === "stopping" || standing === "running") return finish(exitCodes.failed);
      if (standing !== "done") {
        terminal.note(`To resume it: ${runsCommand("resume", id, flags)}`);
      }
    }),
  );
}
