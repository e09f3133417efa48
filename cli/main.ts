#!/usr/bin/env node
/** The `turnout` command as a process: its arguments, its environment, its signals, its exit code. */
import { enableCompileCache } from "node:module";
import { withoutLoopback } from "../shared/process/loopback-proxy.ts";
import { listenForInterruption } from "../terminal/interruption.ts";
import { createTerminal } from "../terminal/terminal.ts";

// Before the first request.
Object.assign(process.env, withoutLoopback(process.env));
// A command runs for a moment and again: most of that moment would go into reading the same AWS clients.
enableCompileCache();
const { runTurnout } = await import("./program.ts");

process.exitCode = await runTurnout(process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: listenForInterruption(process),
});
