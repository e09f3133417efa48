/** `npm start`: all of Turnout on this machine, until Ctrl-C. */
import { parseArgs } from "node:util";
import { readEnv } from "../shared/process/environment.ts";
import { plainLines } from "../shared/process/terminal-text.ts";
import { createAnnouncer } from "./announcer.ts";
import { LocalConfig } from "./config.ts";
import { createLocalStack, type LocalStack } from "./stack.ts";

const usage = `Usage: npm start [-- --data DIR]

Runs everything on this machine, on 127.0.0.1: the event page, the worker, the console, an SQS and a DynamoDB.

Options:
  --data DIR  keep queue, tables, receipt key and logs in DIR; without it they go at the end
  --help      show this text

Environment:
  WEB_PORT 3000, WORKER_PORT 3001, CONSOLE_PORT 3002, SQS_PORT 3003, DYNAMODB_PORT 3004
                             ports; 0 takes any free one
  AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB
                             use these endpoints instead of the embedded ones
  Every variable of the tiers (web/config.ts, worker/config.ts) works here too, such as LOG_LEVEL=debug.

Prints one line to standard output when all answer: ready web=URL worker=URL console=URL sqs=URL dynamodb=URL
Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 something failed, 2 wrong usage`;

/**
 * npm forwards the Ctrl-C that the terminal already sent to all (https://github.com/npm/cli/issues/5021). Only a later
 * signal is a second key press.
 */
const sameKeyPressMs = 400;
const parentPollIntervalMs = 500;

function readFlags(): { readonly data?: string; readonly help?: boolean } {
  try {
    const { values } = parseArgs({ options: { data: { type: "string" }, help: { type: "boolean", short: "h" } } });
    if (values.data === "") throw new Error("--data needs a folder.");
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

const flags = readFlags();
if (flags.help) {
  console.log(usage);
  process.exit(0);
}

// The reader may close our output: `npm start | head -1`.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
const colored = process.stderr.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
// It quotes processes' output, which may quote anybody.
const announcer = createAnnouncer((line) => process.stderr.write(`${plainLines(line)}\n`), colored);

function fail(error: unknown): never {
  announcer.failed(error instanceof Error ? error : new Error(String(error)));
  process.exit(1);
}

function buildStack(): LocalStack {
  const config = readEnv(LocalConfig, process.env);
  return createLocalStack({
    ports: {
      web: config.WEB_PORT,
      worker: config.WORKER_PORT,
      console: config.CONSOLE_PORT,
      sqs: config.SQS_PORT,
      dynamodb: config.DYNAMODB_PORT,
    },
    ...(flags.data !== undefined && { dataFolder: flags.data }),
    environment: process.env,
    console: true,
    reporter: {
      ...announcer.reporter,
      gaveUp(name, error) {
        announcer.reporter.gaveUp?.(name, error);
        void end(1);
      },
    },
  });
}

let stack: LocalStack;
try {
  stack = buildStack();
} catch (error) {
  fail(error);
}

let endedAt: number | undefined;

async function end(exitCode: number): Promise<void> {
  if (endedAt !== undefined) return;
  endedAt = Date.now();
  announcer.stopping();
  await stack.stop();
  announcer.stopped(stack.keepsData ? stack.dataFolder : undefined);
  process.exit(exitCode);
}

function onSignal(): void {
  if (endedAt !== undefined && Date.now() - endedAt > sameKeyPressMs) {
    announcer.killing();
    stack.killAll();
  }
  void end(0);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
// When a program started us with an IPC channel, the stack ends with that program.
if (process.connected) process.once("disconnect", () => void end(0));
// npm or a shell in between may be killed without forwarding a signal.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && void end(0), parentPollIntervalMs).unref();
}

announcer.starting();
try {
  const urls = await stack.start();
  const pairs = Object.entries(urls).map(([name, url]) => `${name}=${url}`);
  console.log(`ready ${pairs.join(" ")}`);
  announcer.ready(stack);
} catch (error) {
  // Stopped during the start: `end` reports it and exits.
  if (endedAt === undefined) fail(error);
}
