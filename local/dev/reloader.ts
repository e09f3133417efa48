/**
 * Restarts what a change concerns, once no further change follows. What does not start is left alone until the next
 * change, and then started again whatever that one concerns.
 */
import type { SupervisedProcess } from "../supervisor.ts";
import { reloadedProcesses, type Affected, type ReloadedProcess } from "./affected.ts";

export interface ReloadReporter {
  /** @param paths that changed @param names about to be restarted */
  reloading(paths: readonly string[], names: readonly ReloadedProcess[]): void;
  /** @param ms from the stop to the first answer */
  reloaded(name: ReloadedProcess, ms: number): void;
  /** It does not run until the next change. */
  reloadFailed(name: ReloadedProcess, error: Error): void;
  /** @param paths that count from the next start of the stack */
  notReloaded(paths: readonly string[]): void;
}

export interface ReloaderOptions {
  readonly affectedBy: (path: string) => Affected;
  readonly process: (name: ReloadedProcess) => Pick<SupervisedProcess, "start" | "state" | "stop">;
  readonly reporter: ReloadReporter;
  /** Time without a change after which the changes so far are taken: an editor or git writes several files. Default: 100 ms. */
  readonly quietMs?: number;
}

export interface Reloader {
  /** @param path of a file that changed, for display too */
  changed(path: string): void;
  /** Nothing is started from now on. What is being started is for the caller to stop. Safe to repeat. */
  close(): void;
}

export function createReloader({ affectedBy, process, reporter, quietMs = 100 }: ReloaderOptions): Reloader {
  const changes = new Map<string, Affected>();
  /** Of each process: the latest restart, which alone may start it and tell of it. */
  const latest = new Map<ReloadedProcess, symbol>();
  let quiet: NodeJS.Timeout | undefined;
  let closed = false;

  async function restart(name: ReloadedProcess): Promise<void> {
    const own = Symbol(name);
    latest.set(name, own);
    const isLatest = () => !closed && latest.get(name) === own;
    const began = performance.now();
    try {
      // Ends an earlier restart that still waits for an answer, too.
      await process(name).stop();
      if (!isLatest()) return;
      await process(name).start();
      if (isLatest()) reporter.reloaded(name, performance.now() - began);
    } catch (error) {
      if (isLatest()) reporter.reloadFailed(name, error instanceof Error ? error : new Error(String(error)));
    }
  }

  function take(): void {
    const taken = [...changes];
    changes.clear();
    const later = taken.flatMap(([path, affected]) => (affected.later ? [path] : []));
    if (later.length > 0) reporter.notReloaded(later);
    const reloading = taken.filter(([, affected]) => affected.restart.length > 0);
    if (reloading.length === 0) return;
    const concerned = new Set(reloading.flatMap(([, affected]) => affected.restart));
    const names = reloadedProcesses.filter((name) => concerned.has(name) || process(name).state === "failed");
    reporter.reloading(
      reloading.map(([path]) => path),
      names,
    );
    for (const name of names) void restart(name);
  }

  return {
    changed(path) {
      const affected = affectedBy(path);
      if (closed || (affected.restart.length === 0 && !affected.later)) return;
      changes.set(path, affected);
      clearTimeout(quiet);
      quiet = setTimeout(take, quietMs);
    },
    close() {
      closed = true;
      clearTimeout(quiet);
    },
  };
}
