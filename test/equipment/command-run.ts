/** Runs the command in this process, its streams caught, so that tests see what a person and a script would. */
import { PassThrough } from "node:stream";
import { runTurnout } from "../../cli/program.ts";
import type { ExitCode } from "../../terminal/exit.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import type { Environment } from "../../shared/process/environment.ts";

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
  const texts = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof texts) => {
    const caught = new PassThrough({ encoding: "utf8" });
    caught.on("data", (text: string) => (texts[name] += text));
    return caught as unknown as NodeJS.WriteStream;
  };
  const streams = {
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout: stream("stdout"),
    stderr: stream("stderr"),
  };
  const code = await runTurnout(line, { env, terminal: createTerminal(streams, env), signal });
  // What was written last is read in the turn after.
  await new Promise((resolve) => setImmediate(resolve));
  return {
    code,
    ...texts,
    json() {
      if (texts.stdout === "") throw new Error(`turnout ${line.join(" ")} had no result and said: ${texts.stderr}`);
      return JSON.parse(texts.stdout) as unknown;
    },
  };
}
