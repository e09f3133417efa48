/** The repository's files as the tests of its own rules see them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** The folders of the product: what is deployed, run or synthesised. */
export const productFolders = [
  "web",
  "worker",
  "shared",
  "infra",
  "admin",
  "console",
  "cli",
  "terminal",
  "deploy",
  "load",
  "preview",
  "local",
] as const;

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** @returns every file below a folder, as path from the root; what tools made is left out */
export function filesBelow(folder: string): string[] {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true, encoding: "utf8" });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !/(^|\/)(node_modules|cdk\.out|dist|\.turnout)\//.test(path))
    .toSorted();
}

/** @returns the TypeScript and JavaScript of these folders */
export function sourceFiles(folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap(filesBelow)
    .filter((path) => /\.(ts|js)$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}
