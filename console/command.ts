/** `turnout console`: the operator's web console, on this machine only, while the command runs. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Command } from "commander";
import { TurnoutError } from "../shared/errors.ts";
import type { CommandHost } from "../terminal/command-line.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../terminal/connection.ts";
import { startConsole, type ConsoleOptions, type RunningConsole } from "./console.ts";
import { addEventOption, readEvent, type EventFlag } from "../terminal/event-option.ts";
import { wholeNumber } from "../terminal/option-values.ts";

interface ConsoleFlags extends ConnectionFlags, EventFlag {
  readonly port: number;
  readonly every?: number;
  readonly openToMachine?: boolean;
  readonly readOnly?: boolean;
}

const defaultPort = 3002;
/** Elastic Beanstalk throttles frequent calls; the tiers themselves do not. */
const pollIntervalSeconds = { urls: 2, stack: 15 } as const;
const minTokenLength = 16;

const examples = `
Examples:
  turnout console                          the stack that npm start runs on this machine
  turnout console --stack summit-production --profile ops
  turnout console --port 0                 any free port
  turnout console --read-only              everything is shown, and nothing can be changed

Open the link that it prints. It contains a token: whoever has the link can do what you can, or with --read-only see what
you can. The console listens on 127.0.0.1 only and ends with this command. TURNOUT_CONSOLE_TOKEN sets the token, if the link
has to be known in advance.`;

async function listen(options: ConsoleOptions): Promise<RunningConsole> {
  try {
    return await startConsole(options);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw cause;
    const why = code === "EADDRINUSE" ? "is in use" : "needs more permissions";
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      `Port ${options.port} on 127.0.0.1 ${why}. Choose another one with --port; 0 takes any free one.`,
      { cause },
    );
  }
}

function readKey(given: string | undefined): string {
  if (!given) return randomBytes(24).toString("base64url");
  if (given.length >= minTokenLength && /^[\w-]+$/.test(given)) return given;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `TURNOUT_CONSOLE_TOKEN takes at least ${minTokenLength} letters, digits, _ or -.`,
  );
}

export function buildConsoleCommand({ env, terminal, signal }: CommandHost): Command {
  const command = new Command("console")
    .description("Open the operator's web console on this machine: watch, correct, replay, find, export.")
    .option("--port <number>", "TCP port on 127.0.0.1, 0 for any free one", wholeNumber(0, 65_535), defaultPort)
    .option("--every <seconds>", "how often to poll (default: 2, or 15 for a stack)", wholeNumber(1, 3_600))
    .option("--open-to-machine", "let everybody on this machine in without the link")
    .option("--read-only", "show, search and count everything, and refuse whatever could change something")
    .addHelpText("after", examples);
  addEventOption(command);

  return addConnectionOptions(command).action(async (flags: ConsoleFlags) => {
    const event = readEvent(flags, env);
    const key = readKey(env.TURNOUT_CONSOLE_TOKEN);
    await withConnection(flags, env, async (connection) => {
      signal.throwIfAborted();
      const running = await listen({
        connection,
        event,
        port: flags.port,
        key,
        openToMachine: flags.openToMachine ?? false,
        readOnly: flags.readOnly ?? false,
        pollIntervalSeconds: flags.every ?? pollIntervalSeconds[connection.tiers.kind],
        wallClock: Date.now,
      });
      terminal.print(running.url);
      terminal.note(`The console of ${connection.deployment}. Open the link above; Ctrl-C ends it.`);
      if (!signal.aborted) await once(signal, "abort");
      await running.stop();
    });
  });
}
