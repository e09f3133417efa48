#!/usr/bin/env node
/** The `turnout` command as a process: its arguments, its environment, its signals, its exit code. */
import { TurnoutError } from "../shared/errors.ts";
import { runTurnout } from "./program.ts";
import { createTerminal } from "./terminal.ts";

/**
 * npm passes on the Ctrl-C that the terminal has already sent to all (https://github.com/npm/cli/issues/5021), so one key
 * press arrives twice. Only a signal that comes later than this was meant as a second one.
 */
const sameKeyPressMs = 400;

const interruption = new AbortController();
let interruptedAt: number | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interruptedAt !== undefined && Date.now() - interruptedAt > sameKeyPressMs) process.exit(1);
    interruptedAt ??= Date.now();
    interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", `Stopped by ${signal}.`));
  });
}
// Whoever reads our output may go away before we do: `turnout … | head -1`.
process.stdout.on("error", () => interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Nobody reads on.")));
process.stderr.on("error", () => {});

process.exitCode = await runTurnout(process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process, process.env),
  signal: interruption.signal,
});
