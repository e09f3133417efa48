/** `turnout dead-letters`: what could not be stored, and what to do about it. */
import { Command } from "commander";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { buildDiscardCommand } from "./discard.ts";
import { buildEditCommand } from "./edit.ts";
import { buildListCommand } from "./list.ts";
import { buildReplayCommand } from "./replay.ts";
import { buildRunsCommand } from "./runs/runs.ts";
import { buildShowCommand } from "./show.ts";

export function buildDeadLettersCommand(host: CommandHost): Command {
  return new Command("dead-letters")
    .description("What could not be stored: list, show, edit, replay, discard; runs of replays.")
    .addCommand(buildListCommand(host))
    .addCommand(buildShowCommand(host))
    .addCommand(buildReplayCommand(host))
    .addCommand(buildRunsCommand(host))
    .addCommand(buildEditCommand(host))
    .addCommand(buildDiscardCommand(host));
}
