/** Runs the CDK command as a child process and keeps its last lines, which say why it failed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import type { Environment } from "../../shared/process/environment.ts";

export interface Cdk {
  readonly command: string;
  /** Placed before the arguments of every run. */
  readonly args: readonly string[];
  /** The repository's root, where cdk.json is. */
  readonly folder: string;
}

export interface CdkRun {
  readonly env: Environment;
  /** Called with each line of either stream. */
  readonly onLine?: (line: string) => void;
  /** Interrupts the process as Ctrl-C would. */
  readonly signal: AbortSignal;
}

export interface CdkResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  /** The last lines, without colours. */
  readonly tail: readonly string[];
}

const tailLines = 40;

/** @throws an Error where the command cannot be started; the signal's reason */
export async function runCdk(cdk: Cdk, args: readonly string[], { env, onLine, signal }: CdkRun): Promise<CdkResult> {
  signal.throwIfAborted();
  const child = spawn(cdk.command, [...cdk.args, ...args], {
    cwd: cdk.folder,
    env: { ...env, CDK_DISABLE_CLI_TELEMETRY: "true", CDK_DISABLE_VERSION_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
    killSignal: "SIGINT",
  });
  const tail: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      onLine?.(line);
      tail.push(stripVTControlCharacters(line));
      if (tail.length > tailLines) tail.shift();
    });
  }
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, tail };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
