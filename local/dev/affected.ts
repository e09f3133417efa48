/** Which processes of the local stack a changed file concerns. */
import { dirname, sep } from "node:path";

/** Those that are restarted, in display order; the engines go on, with what they hold. */
export const reloadedProcesses = ["web", "worker", "console"] as const;
export type ReloadedProcess = (typeof reloadedProcesses)[number];

export function isReloaded(name: string): name is ReloadedProcess {
  return reloadedProcesses.some((one) => one === name);
}

/** The folders whose code a process runs. Templates, messages and page assets lie in them as well. */
const foldersOf: Readonly<Record<ReloadedProcess, readonly string[]>> = {
  web: ["web", "shared"],
  worker: ["worker", "shared"],
  console: ["console", "admin", "terminal", "shared"],
};
/** Read once, by the program that runs the stack. */
const ownFolder = "local";
const ownFile = "cron.yaml";

export const watchedFolders: readonly string[] = [...new Set([...Object.values(foldersOf).flat(), ownFolder])];

/** What a process reads. Editors leave other files beside them while they save: hidden ones, or with longer endings. */
const readTypes = /^[^.][^/]*\.(?:css|eta|ico|js|json|png|svg|ts)$/;
/** A logo lies beside the event file. */
const logoTypes = /\.(?:svg|png)$/;

export interface Affected {
  readonly restart: readonly ReloadedProcess[];
  /** Whether it counts only when the stack is started again. */
  readonly later: boolean;
}

const nothing: Affected = { restart: [], later: false };

/**
 * @param path from the repository's root
 * @param eventFile path of the event file, from there too
 */
export function affectedBy(path: string, eventFile: string): Affected {
  const isLogo = dirname(path) === dirname(eventFile) && logoTypes.test(path);
  if (path === eventFile || isLogo) return { restart: reloadedProcesses, later: false };
  const [folder = "", ...below] = path.split(sep);
  if (path === ownFile) return { restart: [], later: true };
  if (!readTypes.test(below.at(-1) ?? "")) return nothing;
  return {
    restart: reloadedProcesses.filter((name) => foldersOf[name].includes(folder)),
    later: folder === ownFolder,
  };
}
