/** The process of `npm run destroy`. */
import { runCommandLine } from "../../terminal/command-line.ts";
import { listenForInterruption } from "../../terminal/interruption.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { buildDestroyCommand } from "./command.ts";

process.exitCode = await runCommandLine((host) => buildDestroyCommand(host, { pollMs: 5_000 }), process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
