/** Runs one of the deployment's commands in this process, its streams caught; a person sits there only where wanted. */
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { runCommandLine, type CommandHost } from "../../../terminal/command-line.ts";
import { createTerminal } from "../../../terminal/terminal.ts";
import { region } from "./account-stand-in.ts";

interface Run {
  /** What a person at the terminal types when asked; without it, nobody is there. */
  readonly typed?: string;
  readonly signal?: AbortSignal;
}

export async function run(build: (host: CommandHost) => Command, args: readonly string[], { typed, signal }: Run = {}) {
  const texts = { stdout: "", stderr: "" };
  const isTTY = typed !== undefined;
  const keys = new PassThrough();
  const stream = (name: keyof typeof texts) => {
    // Whoever asks ends the stream it asked on; that does nothing to a process's own.
    const cursor = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true, end: () => {} };
    const caught = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY, columns: 200, ...cursor });
    caught.on("data", (text: string) => {
      // Only the question ends so without a line's end.
      if (isTTY && name === "stderr" && /(y\/N|for good:)/.test(text) && !texts.stderr.includes("for good:"))
        setImmediate(() => keys.write(`${typed}\n`));
      texts[name] += text;
    });
    return caught as unknown as NodeJS.WriteStream;
  };
  const streams = {
    stdin: Object.assign(keys, { isTTY, setRawMode: () => {} }) as unknown as NodeJS.ReadStream,
    stdout: stream("stdout"),
    stderr: stream("stderr"),
  };
  const env = { AWS_REGION: region, PATH: process.env.PATH, NO_COLOR: "1" };
  const terminal = createTerminal(streams, env);
  const code = await runCommandLine(build, args, { env, terminal, signal: signal ?? new AbortController().signal });
  // What was written last is read in the turn after.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...texts, json: () => JSON.parse(texts.stdout) as unknown };
}
