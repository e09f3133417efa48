/**
 * Sees to it that no child outlives this process, even when it is killed with -9 and can clean up nothing itself.
 *
 * One small process per stack watches all children, instead of a wrapper around each: the tiers run exactly as
 * production starts them, and an engine can be somebody else's binary.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { GuardMessage } from "./messages.ts";

export interface OrphanGuard {
  /** From now on this process is ended when ours is gone. */
  watch(pid: number): void;
  /** It has ended by itself; its number may soon be another process's. */
  forget(pid: number): void;
  /** This folder is removed, with all that is in it, when our process is gone without having called `dismiss`. */
  removeFolder(folder: string): void;
  readonly pid: number | undefined;
  /** Ends the guard; it does nothing more. Safe to call twice. */
  dismiss(): Promise<void>;
}

/** @returns a guard that is already watching */
export function createOrphanGuard(): OrphanGuard {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    // A process group of its own: Ctrl-C in the terminal must not reach it before it reaches those it watches.
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: {},
    windowsHide: true,
  });
  // Should the guard itself die, the stack goes on; it has only lost the net below it.
  child.on("error", () => {});
  const ended = once(child, "exit").catch(() => {});

  function tell(message: GuardMessage): void {
    if (child.connected) child.send(message, () => {});
  }

  return {
    watch: (pid) => tell({ kind: "watch", pid }),
    forget: (pid) => tell({ kind: "forget", pid }),
    removeFolder: (folder) => tell({ kind: "remove", folder }),
    get pid() {
      return child.pid;
    },
    async dismiss() {
      if (child.connected) {
        await new Promise<void>((resolve) => child.send({ kind: "dismiss" } satisfies GuardMessage, () => resolve()));
        if (child.connected) child.disconnect();
      }
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await ended;
    },
  };
}
