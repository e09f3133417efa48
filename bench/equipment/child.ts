/** A process that the benchmark started: asked over IPC, ended for certain. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createAsker, type Asker } from "./questions.ts";
import type { Pinning, Role } from "./pinning.ts";

export interface Child extends Asker {
  readonly pid: number;
  /** Asks it to end, and kills it when it does not. Calling it again waits for the same. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly role: Role;
  readonly script: string;
  readonly nodeFlags?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly pinning: Pinning;
}

const stopWithinMs = 15_000;
const keptOutputBytes = 8_192;

/** What a process needs to start at all; nothing else of the person's environment may change a figure. */
function bareEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "TMPDIR", "LANG"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Starts a Node process. What it writes is shown only when it ends by itself. */
export function startChild(options: ChildOptions): Child {
  const { name, role, script, nodeFlags = [], env, pinning } = options;
  const { command, args } = pinning.place(role, process.execPath, [...nodeFlags, script]);
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...bareEnvironment(), ...env },
    cwd: new URL("../..", import.meta.url),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-keptOutputBytes);
    });
  }
  let ending = false;
  const ended = once(child, "exit").then(([code, signal]) => {
    if (!ending) process.stderr.write(`${name} ended by itself (${signal ?? code}) after writing:\n${output}\n`);
  });
  child.on("error", (error) => process.stderr.write(`${name}: ${error.message}\n`));
  return {
    pid: child.pid ?? 0,
    ask: createAsker(child, name).ask,
    async stop() {
      ending = true;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      ending = true;
      child.kill("SIGKILL");
      await ended;
    },
  };
}
