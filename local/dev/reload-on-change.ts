/** `npm run dev`: watches the code and the event file, and restarts what a change concerns. */
import { dirname, join, relative } from "node:path";
import type { LocalStack } from "../stack.ts";
import { affectedBy, watchedFolders } from "./affected.ts";
import { watchFolders } from "./folder-watch.ts";
import { createReloader, type ReloadReporter } from "./reloader.ts";

export interface ReloadOnChangeOptions {
  /** One that runs, with both tiers and the console. */
  readonly stack: Pick<LocalStack, "process">;
  /** Of the repository, absolute. */
  readonly root: string;
  /** Absolute. */
  readonly eventFile: string;
  readonly reporter: ReloadReporter;
}

/**
 * @returns a function after whose call nothing is restarted any more; the stack is the caller's to stop
 * @throws Error when the folders cannot be watched
 */
export function reloadOnChange({ stack, root, eventFile, reporter }: ReloadOnChangeOptions): () => void {
  const reloader = createReloader({
    affectedBy: (path) => affectedBy(path, relative(root, eventFile)),
    process: (name) => stack.process(name),
    reporter,
  });
  const watch = watchFolders({
    trees: watchedFolders.map((folder) => join(root, folder)),
    folders: [...new Set([root, dirname(eventFile)])],
    onChange: (path) => reloader.changed(relative(root, path)),
  });
  return () => {
    reloader.close();
    watch.close();
  };
}
