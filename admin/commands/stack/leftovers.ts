/** `turnout stack leftovers`: what a destroyed stack left behind. */
import { Command } from "commander";
import type { CommandHost } from "../../command-line.ts";

const examples = `
Examples:
  turnout stack leftovers --stack summit-test`;

export function buildLeftoversCommand(_host: CommandHost): Command {
  return new Command("leftovers")
    .description("List what a destroyed stack left behind.")
    .requiredOption("--stack <name>", "name of the stack that was destroyed")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
}
