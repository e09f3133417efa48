/** `turnout dead-letters runs resume`: continues a run that was stopped, or whose process has died. */
import { Argument, Command } from "commander";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../../terminal/connection.ts";
import type { CommandHost } from "../../../../terminal/command-line.ts";
import { performReplay } from "../perform-replay.ts";

interface ResumeFlags extends ConnectionFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout dead-letters runs resume 20260131T094500-3f9a51c2 --stack summit-production

It replays exactly what the run was started with, less what has an outcome already, with the same rate and a canary
first. What failed again meanwhile is not sent once more; start another replay for that. A run whose process was killed
can be resumed after 15 seconds.`;

export function buildRunResumeCommand(host: CommandHost): Command {
  const command = new Command("resume")
    .description("Continue a replay that was stopped or interrupted, whoever started it.")
    .addArgument(new Argument("<id>", "id of the run"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((id: string, flags: ResumeFlags) =>
    withConnection(flags, host.env, (connection) =>
      performReplay(host, connection, flags, (runner) => runner.resume(id)),
    ),
  );
}
