/** Performs a run in this process: shows its progress, ends it with Ctrl-C, and prints the result and how to go on. */
import { createReplayRunner, type PerformedRun, type ReplayRunner } from "../../replay-runs/replay-runner.ts";
import { reachedOf } from "../../replay-runs/replay-run.ts";
import { awsTime, type Connection, type ConnectionFlags } from "../../../terminal/connection.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { exitCodeOfReplay, showReplay, toReplayOutput, type ReplayOutput } from "./replay-output.ts";
import { runsCommand } from "./runs/run-output.ts";

interface PerformFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** @param begin starts or resumes the run */
export async function performReplay(
  { terminal, signal, finish }: CommandHost,
  connection: Connection,
  flags: PerformFlags,
  begin: (runner: ReplayRunner) => Promise<PerformedRun>,
): Promise<void> {
  const outcomes: ReplayOutput["outcomes"] = [];
  const bar = terminal.progress("replaying");
  const runner = createReplayRunner({
    connection,
    wallClock: () => awsTime(connection.documents),
    signal,
    onChange: ({ counts, selected }) => bar.update(reachedOf(counts), selected),
    onOutcome: (outcome) => outcomes.push(outcome),
    note: terminal.note,
  });
  const performed = await begin(runner);
  terminal.note(`Replay ${performed.id}. To stop it from elsewhere: ${runsCommand("stop", performed.id, flags)}`);
  const interrupt = () => performed.stop((signal.reason as Error).message.replace(/\.$/, ""));
  if (signal.aborted) interrupt();
  else signal.addEventListener("abort", interrupt, { once: true });
  const run = await performed.ended;
  bar.stop();
  const output = toReplayOutput(run, outcomes);
  if (flags.json) terminal.printJson(output);
  else showReplay(terminal, output);
  if (run.state === "stopped") terminal.note(`To resume it: ${runsCommand("resume", run.id, flags)}`);
  finish(exitCodeOfReplay(output));
}
