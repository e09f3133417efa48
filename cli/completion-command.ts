/** `turnout completion`: teaches a shell the command's words. */
import { Argument, Command } from "commander";
import { completionScript, shells, type Shell } from "./completion.ts";
import type { CommandHost } from "../terminal/command-line.ts";

const examples = `
Examples:
  source <(turnout completion bash)          in ~/.bashrc
  source <(turnout completion zsh)           in ~/.zshrc
  turnout completion fish | source           in ~/.config/fish/config.fish`;

export function buildCompletionCommand({ terminal }: CommandHost): Command {
  const command: Command = new Command("completion")
    .description("Print the script with which a shell completes subcommands and options.")
    .addArgument(new Argument("<shell>", "your shell").choices(shells))
    .addHelpText("after", examples)
    .action(async (shell: Shell) => {
      let program = command;
      while (program.parent) program = program.parent;
      await terminal.write(completionScript(program, shell));
    });
  return command;
}
