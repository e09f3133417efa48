/** `npm start` and `npm run dev`: all of Turnout on this machine, until Ctrl-C. */
import { join, resolve } from "node:path";
import { readEnv } from "../shared/process/environment.ts";
import { withoutLoopback } from "../shared/process/loopback-proxy.ts";
import { plainLines } from "../shared/process/terminal-text.ts";
import { createAnnouncer } from "./announcer.ts";
import { LocalConfig } from "./config.ts";
import { isReloaded } from "./dev/affected.ts";
import { reloadOnChange } from "./dev/reload-on-change.ts";
import { hintsOf, readFlags, usage, type Flags } from "./flags.ts";
import { listStack } from "./listing.ts";
import { createLocalStack, type LocalStack } from "./stack.ts";

/**
 * npm forwards the Ctrl-C that the terminal already sent to all (https://github.com/npm/cli/issues/5021). Only a later
 * signal is a second key press.
 */
const sameKeyPressMs = 400;
const parentPollIntervalMs = 500;
const root = join(import.meta.dirname, "..");

function flagsOrExit(): Flags {
  try {
    return readFlags(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

const flags = flagsOrExit();
if (flags.help) {
  console.log(usage);
  process.exit(0);
}

Object.assign(process.env, withoutLoopback(process.env));
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
      mail: config.MAIL_PORT,
    },
    ...(flags.data !== undefined && { dataFolder: flags.data }),
    inspect: flags.inspect,
    environment: process.env,
    console: true,
    mail: true,
    reporter: {
      ...announcer.reporter,
      gaveUp(name, error) {
        if (flags.watch && isReloaded(name)) {
          announcer.reload.reloadFailed(name, error);
          return;
        }
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
let unlist = () => {};
let stopReloads = () => {};

async function end(exitCode: number): Promise<void> {
  if (endedAt !== undefined) return;
  endedAt = Date.now();
  unlist();
  stopReloads();
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
  const listing = flags.unlisted ? undefined : listStack(stack, process.env, process.pid);
  unlist = listing?.unlist ?? unlist;
  const pairs = Object.entries(urls).map(([name, url]) => `${name}=${url}`);
  console.log(`ready ${pairs.join(" ")}`);
  if (flags.watch) {
    const eventFile = resolve(root, process.env.EVENT_FILE || "event.json");
    stopReloads = reloadOnChange({ stack, root, eventFile, reporter: announcer.reload });
  }
  announcer.ready(stack, [...hintsOf(flags), ...(listing?.hints ?? [])]);
} catch (error) {
  // Stopped during the start: `end` reports it and exits.
  if (endedAt === undefined) fail(error);
}
