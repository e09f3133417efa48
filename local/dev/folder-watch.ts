/**
 * Says which files change below some folders. It watches every folder by itself: where Node watches a tree on Linux, it
 * loses a file that another has replaced, which is how many editors save
 * (https://nodejs.org/docs/latest-v24.x/api/fs.html#inodes).
 */
import { readdirSync, statSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";

export interface FolderWatch {
  /** Safe to repeat. */
  close(): void;
}

export interface FolderWatchOptions {
  /** Watched with all below. */
  readonly trees: readonly string[];
  /** Watched without what is below. */
  readonly folders: readonly string[];
  /** Takes the absolute path of a file that was written, made or removed, perhaps several times for one save. */
  onChange(path: string): void;
}

type OnEvent = (kind: string, path: string) => void;

/** @throws Error when a folder is missing, or the system watches no more folders */
export function watchFolders({ trees, folders, onChange }: FolderWatchOptions): FolderWatch {
  const watchers = new Map<string, FSWatcher>();

  function remove(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  function add(folder: string, onEvent: OnEvent): void {
    remove(folder);
    const watcher = watch(folder, (kind, name) => name !== null && onEvent(kind, join(folder, name)));
    // It was removed, of which the folder above tells.
    watcher.on("error", () => {});
    watchers.set(folder, watcher);
  }

  /** @returns the files below */
  function addTree(folder: string): string[] {
    add(folder, onTreeEvent);
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? addTree(path) : [path];
    });
  }

  function onTreeEvent(kind: string, path: string): void {
    if (kind !== "rename") {
      onChange(path);
      return;
    }
    // Made, removed, or another under the same name.
    for (const folder of watchers.keys()) if (folder === path || folder.startsWith(join(path, "/"))) remove(folder);
    for (const file of filesOfNew(path) ?? [path]) onChange(file);
  }

  /** @returns the files of a folder that was not watched while they were written; undefined where there is no folder */
  function filesOfNew(path: string): string[] | undefined {
    try {
      return statSync(path).isDirectory() ? addTree(path) : undefined;
    } catch {
      return undefined;
    }
  }

  const close = () => {
    for (const folder of watchers.keys()) remove(folder);
  };
  try {
    for (const folder of folders) add(folder, (_, path) => onChange(path));
    for (const folder of trees) addTree(folder);
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}
