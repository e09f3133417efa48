/** A quick run of the benchmark as a person starts it, for tests: the command, its files, its exit code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import type { Results } from "../../bench/results.ts";

const root = join(import.meta.dirname, "..", "..");

export interface QuickRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of one file: the least of everything, on a machine that is busy with other tests. */
const withinMs = 240_000;

/** Ends with the benchmark's own exit, or with the test; what it starts ends with it. */
export async function runBench(t: Test, ...args: string[]): Promise<QuickRun> {
  t.setTimeout(withinMs);
  t.parent?.setTimeout(withinMs);
  const child = spawn(process.execPath, [join(root, "bench/main.ts"), ...args], { cwd: root, stdio: "pipe" });
  t.teardown(() => void child.kill("SIGTERM"));
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}
