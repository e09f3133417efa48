/** The `turnout` command as a whole: its subcommands. */
import { Command } from "commander";
import { runCommandLine, type CommandHost, type Host } from "../terminal/command-line.ts";
import { buildAcceptanceCommand } from "../admin/commands/acceptance/acceptance.ts";
import { buildAuditCommand } from "../admin/commands/audit.ts";
import { buildConsoleCommand } from "../console/command.ts";
import { buildDeadLettersCommand } from "../admin/commands/dead-letters/dead-letters.ts";
import { buildDoctorCommand } from "../deploy/commands/doctor.ts";
import { buildEventCommand } from "../admin/commands/event/event.ts";
import { buildLogCommand } from "../admin/commands/log.ts";
import { buildPlanCommand } from "../load/plan/command.ts";
import { buildPreviewCommand } from "../preview/command.ts";
import { buildQueueCommand } from "../admin/commands/queue.ts";
import { buildRegistrationsCommand } from "../admin/commands/registrations/registrations.ts";
import { buildStackCommand } from "../deploy/commands/stack.ts";
import { buildStressCommand } from "../load/stress/command.ts";
import type { ExitCode } from "../terminal/exit.ts";

export function buildProgram(host: CommandHost): Command {
  const program = new Command("turnout")
    .description(
      "Looks after a Turnout deployment: what waits, what failed and why, who registered, and whether any was lost.",
    )
    .addHelpText("after", "\nExit codes: 0 done, 1 failed or the answer is no, 2 wrong usage.")
    .addCommand(buildEventCommand(host).addCommand(buildPreviewCommand(host)))
    .addCommand(buildQueueCommand(host))
    .addCommand(buildAcceptanceCommand(host))
    .addCommand(buildDeadLettersCommand(host))
    .addCommand(buildRegistrationsCommand(host))
    .addCommand(buildConsoleCommand(host))
    .addCommand(buildAuditCommand(host))
    .addCommand(buildPlanCommand(host))
    .addCommand(buildStressCommand(host))
    .addCommand(buildDoctorCommand(host))
    .addCommand(buildStackCommand(host))
    .addCommand(buildLogCommand(host));
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
