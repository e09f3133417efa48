/** `npm run demo` as a process: its arguments, its environment, its signals, its exit code. */
import { withoutLoopback } from "../../shared/process/loopback-proxy.ts";
import { listenForInterruption } from "../../terminal/interruption.ts";
import { runCommandLine } from "../../terminal/command-line.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { buildDemoCommand } from "./command.ts";

// Before the first request.
Object.assign(process.env, withoutLoopback(process.env));
process.exitCode = await runCommandLine(buildDemoCommand, process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
