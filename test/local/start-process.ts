/** `npm start` as a process of its own, for tests. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Test } from "tap";
import { eventually } from "../equipment/eventually.ts";

export const main = join(import.meta.dirname, "../../local/main.ts");
/** With short polls, which a stop has to wait for. */
export const anyPorts = {
  WEB_PORT: "0",
  WORKER_PORT: "0",
  CONSOLE_PORT: "0",
  SQS_PORT: "0",
  DYNAMODB_PORT: "0",
  MAIL_PORT: "0",
  RECEIVE_WAIT_SECONDS: "1",
};

export interface Run {
  readonly child: ChildProcess;
  /** Lines of standard output so far. */
  readonly out: string[];
  readonly err: string[];
  readonly exit: Promise<number | null>;
}

/** @param program the one of this repository, or of a copy */
export function run(
  t: Test,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  program: string = main,
): Run {
  // Commands of somebody who works in this checkout must not find it.
  const listed = env.TURNOUT_RUN_FOLDER === undefined ? ["--unlisted"] : [];
  const child = spawn(process.execPath, [program, ...listed, ...args], {
    env: { ...anyPorts, ...env },
    // With a channel, so that it ends with this test even when the test is killed.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  // Not SIGKILL: should a test fail, what it started is ended in order.
  t.teardown(() => child.kill("SIGTERM"));
  const out: string[] = [];
  const err: string[] = [];
  createInterface(child.stdout!).on("line", (line) => out.push(line));
  createInterface(child.stderr!).on("line", (line) => err.push(line));
  return { child, out, err, exit: once(child, "close").then(([code]) => code as number | null) };
}

/** @returns the processes that it says it runs, once it is ready */
export async function ready({ out, err }: Run): Promise<{ pids: number[]; urls: Record<string, string> }> {
  await eventually(() => err.some((line) => line.includes("Ctrl-C")), "it says how to stop it", 90_000);
  const urls = Object.fromEntries(
    out[0]!
      .split(" ")
      .slice(1)
      .map((pair) => pair.split("=", 2) as [string, string]),
  );
  return { urls, pids: [...err.join("\n").matchAll(/process (\d+)/g)].map((match) => Number(match[1])) };
}
