/** `turnout registrations`: who registered. */
import { Command } from "commander";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { buildAddCommand } from "./add.ts";
import { buildCorrectCommand } from "./correct.ts";
import { buildCountsCommand } from "./counts.ts";
import { buildExportCommand } from "./export.ts";
import { buildFindCommand } from "./find.ts";
import { buildForgetCommand } from "./forget.ts";
import { buildSearchCommand } from "./search.ts";

export function buildRegistrationsCommand(host: CommandHost): Command {
  return new Command("registrations")
    .description("Who registered: find, count, add, correct, export, erase.")
    .addCommand(buildFindCommand(host))
    .addCommand(buildSearchCommand(host))
    .addCommand(buildCountsCommand(host))
    .addCommand(buildAddCommand(host))
    .addCommand(buildCorrectCommand(host))
    .addCommand(buildExportCommand(host))
    .addCommand(buildForgetCommand(host));
}
