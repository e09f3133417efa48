/** The process of `npm run destroy`. */
import { resolve } from "node:path";
import { runCommandLine } from "../../terminal/command-line.ts";
import { listenForInterruption } from "../../terminal/interruption.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { buildDestroyCommand } from "./command.ts";

const parts = { pollMs: 5_000, outputFolder: resolve(import.meta.dirname, "..", "..", "cdk.out") };

process.exitCode = await runCommandLine((host) => buildDestroyCommand(host, parts), process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
