/** `turnout dead-letters runs`: replays as they were started: list, show, stop, resume. */
import { Command } from "commander";
import type { CommandHost } from "../../../../terminal/command-line.ts";
import { buildRunListCommand } from "./list.ts";
import { buildRunResumeCommand } from "./resume.ts";
import { buildRunShowCommand } from "./show.ts";
import { buildRunStopCommand } from "./stop.ts";

export function buildRunsCommand(host: CommandHost): Command {
  return new Command("runs")
    .description("Replays, whoever started them: list (what it does by itself), show, stop, resume.")
    .addCommand(buildRunListCommand(host), { isDefault: true })
    .addCommand(buildRunShowCommand(host))
    .addCommand(buildRunStopCommand(host))
    .addCommand(buildRunResumeCommand(host));
}
