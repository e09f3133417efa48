/** `turnout registrations`: who registered. */
import { Command } from "commander";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { buildExportCommand } from "./export.ts";
import { buildFindCommand } from "./find.ts";
import { buildForgetCommand } from "./forget.ts";

export function buildRegistrationsCommand(host: CommandHost): Command {
  return new Command("registrations")
    .description("Who registered: find one, export all, erase one.")
    .addCommand(buildFindCommand(host))
    .addCommand(buildExportCommand(host))
    .addCommand(buildForgetCommand(host));
}
