/**
 * Ensures that no child outlives this process, even after kill -9.
 *
 * One small process per stack watches all children instead of wrapping each: tiers run exactly as in production, and
 * engines can be foreign binaries.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { GuardMessage } from "./messages.ts";

export interface OrphanGuard {
  /** From now on this process is ended when ours is gone. */
  watch(pid: number): void;
  /** It has ended; its pid may soon be reused. */
  forget(pid: number): void;
  /** Removes this folder when our process ends without `dismiss`. */
  removeFolder(folder: string): void;
  readonly pid: number | undefined;
  /** Ends the guard without further action. Safe to repeat. */
  dismiss(): Promise<void>;
}

/** @returns a guard that is watching */
export function createOrphanGuard(): OrphanGuard {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    // Its own process group: Ctrl-C must not reach it before those it watches.
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: {},
    windowsHide: true,
  });
  // If the guard itself dies, the stack continues without this protection.
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
