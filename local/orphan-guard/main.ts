/**
 * The orphan guard's process: outlives its owner just long enough to end what that left behind. It notices the end by
 * the IPC channel, which closes even after kill -9.
 */
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "./alive.ts";
import type { GuardMessage } from "./messages.ts";

const stopWithinMs = 10_000;
const pollEveryMs = 50;

const watched = new Set<number>();
let folder: string | undefined;
let dismissed = false;

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended by itself.
  }
}

async function end(pid: number): Promise<void> {
  const deadline = Date.now() + stopWithinMs;
  signal(pid, "SIGTERM");
  // A suspended process takes SIGTERM only after SIGCONT.
  signal(pid, "SIGCONT");
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      signal(pid, "SIGKILL");
      return;
    }
    await delay(pollEveryMs);
  }
}

// Ctrl-C and a closing terminal reach whole process groups: the guard must outlive the others.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});

process.on("message", (message: GuardMessage) => {
  if (message.kind === "watch") watched.add(message.pid);
  else if (message.kind === "forget") watched.delete(message.pid);
  else if (message.kind === "remove") folder = message.folder;
  else dismissed = true;
});

async function endAll(): Promise<void> {
  // Last started, first ended: the tiers before their engines.
  for (const pid of [...watched].toReversed()) await end(pid);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

process.once("disconnect", () => {
  if (dismissed) process.exit(0);
  void endAll();
});
