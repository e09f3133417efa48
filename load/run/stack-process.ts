/** Starts a local stack for a run: `npm start` as a child process, on free ports, that ends with the command. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants, getPriority, setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Environment } from "../../shared/process/environment.ts";

const main = join(import.meta.dirname, "..", "..", "local", "main.ts");
const anyPorts = {
  WEB_PORT: "0",
  WORKER_PORT: "0",
  CONSOLE_PORT: "0",
  SQS_PORT: "0",
  DYNAMODB_PORT: "0",
  MAIL_PORT: "0",
};
const readyWithinMs = 120_000;
const stopWithinMs = 30_000;
const keptLines = 20;

export interface StackUrls {
  readonly web: string;
  readonly worker: string;
  readonly sqs: string;
  readonly dynamodb: string;
  /** Undefined where no mail is sent. */
  readonly mail: string | undefined;
}

export interface StackProcess {
  readonly urls: StackUrls;
  /** Ends the stack and what it holds. Safe to call twice. */
  stop(): Promise<void>;
}

export interface StackProcessOptions {
  readonly env: Environment;
  /** Ends the wait for the start, and the stack with it. */
  readonly signal: AbortSignal;
  /** Called with what the stack says while it runs, such as that a tier was restarted. */
  onEvent(line: string): void;
}

function readReadyLine(line: string): StackUrls | undefined {
  if (!line.startsWith("ready ")) return undefined;
  const urls = Object.fromEntries(line.split(" ").map((pair) => pair.split("=", 2) as [string, string]));
  const { web, worker, sqs, dynamodb, mail } = urls;
  if (web === undefined || worker === undefined || sqs === undefined || dynamodb === undefined) return undefined;
  return { web, worker, sqs, dynamodb, mail };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
  await ended;
  clearTimeout(timer);
}

/**
 * The load and the stack share this machine. A generator that waits for the processor sends late and goes easy on the service
 * just when it is slow, so the stack and all its processes get the lower priority.
 */
function lowerPriority({ pid }: ChildProcess): void {
  // Raising a priority is not allowed: under nice(1) this process has a lower one already.
  if (pid !== undefined) setPriority(pid, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
}

/**
 * @throws Error with the stack's own words when it does not start, the signal's reason when that comes first
 */
export async function startStackProcess({ env, signal, onEvent }: StackProcessOptions): Promise<StackProcess> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [main, "--unlisted"], {
    // Mails to made-up addresses would be one more load on this machine, and are none where MAIL_FROM is not set.
    env: { MAIL_FROM: "", ...env, ...anyPorts },
    // Ctrl-C goes to this command only, which stops the stack itself. Through the channel the stack notices when we die.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  lowerPriority(child);
  const { promise, resolve, reject } = Promise.withResolvers<StackUrls>();
  const output: string[] = [];
  let announced = false;
  if (child.stdout !== null && child.stderr !== null) {
    createInterface(child.stdout).on("line", (line) => {
      const urls = readReadyLine(line);
      if (urls !== undefined) resolve(urls);
    });
    createInterface(child.stderr).on("line", (line) => {
      output.push(line);
      if (output.length > keptLines) output.shift();
      if (announced && line.trim() !== "" && !line.startsWith("  ")) onEvent(line);
    });
  }
  child.once("error", reject);
  child.once("exit", () => reject(new Error(`The local stack did not start. Its output:\n${output.join("\n")}`)));
  const timer = setTimeout(
    () => reject(new Error(`The local stack was not ready within ${readyWithinMs / 1_000} s.`)),
    readyWithinMs,
  );
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", abort);
  try {
    const urls = await promise;
    announced = true;
    return {
      urls,
      stop() {
        announced = false;
        return end(child);
      },
    };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
