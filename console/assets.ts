/**
 * The static files of the console and of the chart library, which is served from node_modules, so that the console loads
 * nothing from other sites.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withOperatorStyle } from "../shared/page/base-style.ts";

export interface Asset {
  readonly body: Buffer;
  readonly contentType: string;
}

export interface Assets {
  /** @throws when there is no such file */
  url(file: string): string;
  /** @param path what follows `/assets/` */
  find(path: string): Asset | undefined;
}

const directory = join(import.meta.dirname, "assets");
const libraryFiles = { "uplot.js": "uplot/dist/uPlot.esm.js", "uplot.css": "uplot/dist/uPlot.min.css" } as const;

const contentTypes: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
};

/** Reads every file once. Their URLs contain a fingerprint of all of them. @throws when one is missing */
export function loadAssets(): Assets {
  const files = new Map<string, Asset>();
  const hash = createHash("sha256");
  const add = (file: string, path: string) => {
    const contentType = contentTypes[extname(file)];
    if (contentType === undefined) return;
    const bytes = readFileSync(path);
    const body = file === "console.css" ? withOperatorStyle(bytes) : bytes;
    hash.update(file).update("\0").update(body).update("\0");
    files.set(file, { body, contentType });
  };
  for (const file of readdirSync(directory).toSorted()) add(file, join(directory, file));
  for (const [file, module] of Object.entries(libraryFiles)) add(file, fileURLToPath(import.meta.resolve(module)));
  const folder = `${hash.digest("base64url").slice(0, 12)}/`;
  return {
    url(file) {
      if (!files.has(file)) throw new Error(`There is no file ${file} in ${directory}.`);
      return `/assets/${folder}${file}`;
    },
    find: (path) => (path.startsWith(folder) ? files.get(path.slice(folder.length)) : undefined),
  };
}
