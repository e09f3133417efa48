#!/usr/bin/env node
/** The `turnout` command as a process: its arguments, its environment, its signals, its exit code. */
import { listenForInterruption } from "./interruption.ts";
import { runTurnout } from "./program.ts";
import { createTerminal } from "./terminal.ts";

process.exitCode = await runTurnout(process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
