/** Turns Ctrl-C, and the end of whoever started us or reads us, into one signal for the command, which then tidies up by itself. */
import { TurnoutError } from "../shared/errors.ts";

/** The parts of Node's `process` that this needs: handed in, since only `main.ts` files touch the real one. */
export type InterruptedProcess = Pick<NodeJS.Process, "on" | "exit" | "stdout" | "stderr" | "channel">;

/**
 * npm passes on the Ctrl-C that the terminal has already sent to all (https://github.com/npm/cli/issues/5021), so one key
 * press arrives twice. Only a signal that comes later than this was meant as a second one, which ends the process at once.
 */
const sameKeyPressMs = 400;

/** @returns a signal that is aborted with TURNOUT_INTERRUPTED; call it once for a process */
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
  // A program that started us with a channel has ended, however it ended. The channel alone must not keep us alive.
  host.on("disconnect", () => interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Nobody waits for us.")));
  host.channel?.unref();
  // Whoever reads our output may go away before we do: `turnout … | head -1`.
  host.stdout.on("error", () => interruption.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Nobody reads on.")));
  host.stderr.on("error", () => {});
  return interruption.signal;
}
