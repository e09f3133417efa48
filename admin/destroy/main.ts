/** `npm run destroy` as a process: its arguments, its environment, its signals, its exit code. */
import { runCommandLine } from "../command-line.ts";
import { listenForInterruption } from "../interruption.ts";
import { createTerminal } from "../terminal.ts";
import { buildDestroyCommand } from "./command.ts";

process.exitCode = await runCommandLine((host) => buildDestroyCommand(host, { pollMs: 5_000 }), process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
