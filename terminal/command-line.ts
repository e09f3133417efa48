/** What all command lines share: conventions, help, and running to an exit code. */
import { CommanderError, type Command } from "commander";
import type { Environment } from "../shared/process/environment.ts";
import { exitCodeOf, exitCodes, explain, type ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** What a command needs from its process. */
export interface Host {
  readonly env: Environment;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C with TURNOUT_INTERRUPTED. */
  readonly signal: AbortSignal;
}

/** Also takes the exit code of a command whose answer is no. */
export interface CommandHost extends Host {
  finish(code: ExitCode): void;
}

/** Commander passes these on only to subcommands it creates itself. */
function applyManners(command: Command, terminal: Terminal): void {
  const { colors } = terminal;
  command
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError(`(${fullName(command)} --help explains)`)
    .configureHelp({
      styleTitle: colors.bold,
      styleCommandText: colors.cyan,
      styleOptionText: colors.cyan,
      showGlobalOptions: true,
    })
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  for (const subcommand of command.commands) applyManners(subcommand, terminal);
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function ofCommander({ code, exitCode }: CommanderError): ExitCode {
  if (code === "commander.helpDisplayed" || code === "commander.version") return exitCodes.ok;
  return exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}

/**
 * Runs one command line.
 * @param build makes the command with its subcommands
 * @param args what follows the command's name
 * @returns the exit code; never rejects
 */
export async function runCommandLine(
  build: (host: CommandHost) => Command,
  args: readonly string[],
  host: Host,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const command = build({ ...host, finish: (given) => (code = given) });
  applyManners(command, host.terminal);
  try {
    await command.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return ofCommander(error);
    host.terminal.note(`${host.terminal.colors.red(`${command.name()}:`)} ${explain(error)}`);
    if (host.env.TURNOUT_TRACE && error instanceof Error) host.terminal.note(error.stack ?? "");
    return exitCodeOf(error);
  }
}
