/** `turnout event`: the event file, before anybody registers by it. */
import { Command } from "commander";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { buildEventCheckCommand } from "./check.ts";
import { buildNewEventCommand } from "./new.ts";

export function buildEventCommand(host: CommandHost): Command {
  return new Command("event")
    .description("The event file: write one, and check what is wrong with it and what a change would mean.")
    .addCommand(buildEventCheckCommand(host))
    .addCommand(buildNewEventCommand(host));
}
