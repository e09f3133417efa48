/** The `turnout` command as a whole: its subcommands. */
import { Command } from "commander";
import { runCommandLine, type CommandHost, type Host } from "./command-line.ts";
import { buildAuditCommand } from "./commands/audit.ts";
import type { ExitCode } from "./exit.ts";

export type { CommandHost, Host };

function buildProgram(host: CommandHost): Command {
  const program = new Command("turnout")
    .description(
      "Looks after a Turnout deployment: what waits, what failed and why, who registered, and whether any was lost.",
    )
    .addHelpText("after", "\nExit codes: 0 done, 1 failed or the answer is no, 2 wrong usage.")
    .addCommand(buildAuditCommand(host));
  return program;
}

/**
 * Runs one command line of `turnout` to its end.
 * @param args what stands after the command's name
 * @returns the exit code; never rejects
 */
export function runTurnout(args: readonly string[], host: Host): Promise<ExitCode> {
  return runCommandLine(buildProgram, args, host);
}
