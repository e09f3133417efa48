/** Turns Ctrl-C, the parent's end and a closed output into one signal, so that commands can clean up. */
import { TurnoutError } from "../shared/errors.ts";

/** The parts of Node's `process` that are needed: passed in, since only `main.ts` files use the real one. */
export type InterruptedProcess = Pick<NodeJS.Process, "on" | "exit" | "stdout" | "stderr" | "channel">;

/**
 * npm forwards the Ctrl-C that the terminal already sent to all (https://github.com/npm/cli/issues/5021). Only a later
 * signal is a second key press, which ends the process at once.
 */
const sameKeyPressMs = 400;

/** @returns a signal aborted with TURNOUT_INTERRUPTED; call it once per process */
export function listenForInterruption(host: InterruptedProcess): AbortSignal {
  const interruption = new AbortController();
  let interruptedAt: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    host.on(signal, () => {
      if (interruptedAt !== undefined && Date.now() - interruptedAt > sameKeyPressMs) host.exit(1);
      interruptedAt ??= Date.now();
      interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", `Stopped by ${signal}.`));
    });
  }
  // The program that started us has ended. The channel itself must not keep us alive.
  host.on("disconnect", () => interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Nobody waits for us.")));
  host.channel?.unref();
  // The reader may close our output: `turnout … | head -1`.
  host.stdout.on("error", () => interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Nobody reads on.")));
  host.stderr.on("error", () => {});
  return interruption.signal;
}
