/** Runs the CDK command as a process of its own, and keeps the end of what it said for the case that it fails. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import type { Environment } from "../../shared/process/environment.ts";

export interface Cdk {
  /** What is started. */
  readonly command: string;
  /** What stands before every argument. */
  readonly args: readonly string[];
  /** The repository's root, where cdk.json is. */
  readonly folder: string;
}

export interface CdkRun {
  readonly env: Environment;
  /** Called with each line that it says, on whichever stream. */
  readonly onLine?: (line: string) => void;
  /** Ends the process as Ctrl-C would. */
  readonly signal: AbortSignal;
}

export interface CdkEnd {
  /** 0 where all went well; undefined where a signal ended it. */
  readonly code: number | undefined;
  /** The last lines that it said, plain. */
  readonly tail: readonly string[];
}

const tailLines = 40;
/** After a first Ctrl-C it may still want to say something. */
const killAfterMs = 10_000;

/** @throws an Error where the command cannot be started */
export async function runCdk(cdk: Cdk, args: readonly string[], { env, onLine, signal }: CdkRun): Promise<CdkEnd> {
  signal.throwIfAborted();
  const child = spawn(cdk.command, [...cdk.args, ...args], {
    cwd: cdk.folder,
    env: { ...env, CDK_DISABLE_CLI_TELEMETRY: "true", CDK_DISABLE_VERSION_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const tail: string[] = [];
  const take = (line: string): void => {
    onLine?.(line);
    tail.push(stripVTControlCharacters(line));
    if (tail.length > tailLines) tail.shift();
  };
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill("SIGINT");
    killer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", take);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { code: code ?? undefined, tail };
  } finally {
    clearTimeout(killer);
    signal.removeEventListener("abort", stop);
  }
}
