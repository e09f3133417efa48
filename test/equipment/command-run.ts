/** Runs the command in this process, its streams caught, so that tests see what a person and a script would. */
import { runTurnout } from "../../cli/program.ts";
import type { ExitCode } from "../../terminal/exit.ts";
import type { Environment } from "../../shared/process/environment.ts";
import { catchTerminal } from "./caught-terminal.ts";

export interface CommandRun {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** The result of `--json`. */
  json(): unknown;
}

interface RunOptions {
  readonly env?: Environment;
  readonly signal?: AbortSignal;
}

/** @param line what stands after `turnout` */
export async function runCommand(line: readonly string[], options: RunOptions = {}): Promise<CommandRun> {
  const { env = {}, signal = new AbortController().signal } = options;
  const { terminal, texts, settled } = catchTerminal(env);
  const code = await runTurnout(line, { env, terminal, signal });
  await settled();
  return {
    code,
    ...texts,
    json() {
      if (texts.stdout === "") throw new Error(`turnout ${line.join(" ")} had no result and said: ${texts.stderr}`);
      return JSON.parse(texts.stdout) as unknown;
    },
  };
}
