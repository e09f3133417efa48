/** A terminal whose streams are caught, so that tests see what a script would. Nobody sits there. */
import { PassThrough } from "node:stream";
import type { Environment } from "../../shared/process/environment.ts";
import { createTerminal, type Terminal } from "../../terminal/terminal.ts";

export interface CaughtTerminal {
  readonly terminal: Terminal;
  /** What was written so far. */
  readonly texts: { stdout: string; stderr: string };
  /** Resolves when what was written last is among the texts: it is read in the turn after. */
  settled(): Promise<void>;
}

export function catchTerminal(env: Environment = {}): CaughtTerminal {
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
  return {
    terminal: createTerminal(streams, env),
    texts,
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  };
}
