/**
 * The page's files: style, scripts and icon, in a folder named by their common fingerprint. Every deployment has new
 * addresses, so files are cached for ever and modules use plain relative imports.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { withBaseStyle } from "../../shared/page/base-style.ts";
import type { Logo } from "../../shared/registration/logo.ts";
import { createRepresentation, type Representation } from "./representation.ts";

export interface Asset extends Representation {
  /** False when requested under another deployment's fingerprint. */
  readonly immutable: boolean;
}

export interface Picture {
  readonly bytes: Buffer;
  readonly contentType: string;
}

export interface Assets {
  /** @throws when there is no such file */
  url(file: string): string;
  /** @param path what follows `/assets/`: `<fingerprint>/<file>` */
  find(path: string): Asset | undefined;
  /** @returns an image to serve at its own address. @throws when there is no such file */
  picture(file: string): Picture;
  /** Modules imported by the entry script, for preloading. */
  readonly modules: readonly string[];
}

const directory = join(import.meta.dirname, "assets");
export const entryModule = "page.js";

const contentTypes: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".png": "image/png",
  ".ico": "image/x-icon",
};

const fingerprintPath = /^([A-Za-z0-9_-]{8,32})\/([a-z-]+\.[a-z]+)$/;

export interface OwnAssets {
  /** Follows the page's style. Default: nothing. */
  readonly style?: string | undefined;
  /** Default: none. */
  readonly logo?: Logo | undefined;
}

export const styleFile = "page.css";

/** @returns the name of a logo among the assets */
export function logoFile({ type }: Logo): string {
  return `logo.${type}`;
}

/**
 * Comments on lines of their own: a quarter of what the scripts weigh, in a rush for everybody. Such a line is nothing else,
 * as long as no text goes over several lines.
 */
const comments = /^[ \t]*(?:\/\*[^]*?\*\/|\/\/.*)[ \t]*\n/gm;

/** @returns the content as it is sent */
function contentOf(file: string, style: string): Buffer {
  const bytes = readFileSync(join(directory, file));
  if (extname(file) === ".js") return Buffer.from(bytes.toString().replaceAll(comments, ""));
  const whole = extname(file) === ".css" ? withBaseStyle(bytes) : bytes;
  return file === styleFile ? Buffer.concat([whole, Buffer.from(style)]) : whole;
}

/**
 * Reads and compresses all files.
 * @param own what the event adds
 * @throws when the folder cannot be read
 */
export function loadAssets({ style = "", logo }: OwnAssets = {}): Assets {
  const files = new Map<string, Representation>();
  const hash = createHash("sha256");
  const add = (file: string, content: Buffer, contentType: string) => {
    hash.update(file).update("\0").update(content).update("\0");
    files.set(file, createRepresentation(content, contentType));
  };
  for (const file of readdirSync(directory).toSorted()) {
    const contentType = contentTypes[extname(file)];
    if (contentType !== undefined) add(file, contentOf(file, style), contentType);
  }
  if (logo) add(logoFile(logo), logo.bytes, contentTypes[`.${logo.type}`] ?? "");
  const fingerprint = hash.digest("base64url").slice(0, 12);
  const url = (file: string) => {
    if (!files.has(file)) throw new Error(`There is no file ${file} in ${directory}.`);
    return `/assets/${fingerprint}/${file}`;
  };
  return {
    url,
    picture(file) {
      const picture = files.get(file);
      if (!picture) throw new Error(`There is no file ${file} in ${directory}.`);
      return { bytes: picture.body, contentType: picture.contentType };
    },
    find(path) {
      const [, asked, file = ""] = fingerprintPath.exec(path) ?? [];
      const representation = files.get(file);
      if (!representation) return undefined;
      // During a deployment, a page of one version may ask another version for its files. The nearest version for a
      // minute is better than none.
      return { ...representation, immutable: asked === fingerprint };
    },
    modules: [...files.keys()].filter((file) => extname(file) === ".js" && file !== entryModule).map(url),
  };
}
