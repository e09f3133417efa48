/**
 * The zip that both Beanstalk environments run: the tiers, their production dependencies and the files of the zip's
 * root. Reproducible (sorted names, fixed times, nothing machine-specific), so that an unchanged input deploys nothing.
 * `platform.ts` deploys it.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { ZipFile } from "yazl";
import { loadEvent } from "../shared/registration/event-definition.ts";
import { writeBillOfMaterials } from "./bill-of-materials.ts";

const tierFolders = ["web", "worker", "shared"];
const rootFiles = ["package.json", "package-lock.json", "cron.yaml"];
/** Path of the bundle from the repository's root, and of its bill of materials. */
const bundlePath = "dist/turnout.zip";
const billOfMaterialsPath = "dist/turnout.cdx.json";

/** Allowed in a tier's folder. Anything else stops the bundle. */
const shippedTypes = new Set([
  ".css",
  ".eta",
  ".html",
  ".ico",
  ".js",
  ".json",
  ".png",
  ".svg",
  ".ts",
  ".txt",
  ".webmanifest",
  ".webp",
]);
/** At the root of a package, these contain nothing that runs. */
const packageExtras = new Set([
  "test",
  "tests",
  "__tests__",
  "benchmark",
  "benchmarks",
  "bench",
  "docs",
  "doc",
  "example",
  "examples",
  "coverage",
]);
const modulesNotShipped = /(^|\/)\.|\.(md|markdown|map|[cm]?ts|test\.[cm]?js|tsbuildinfo|flow|yml)$/i;

export interface BundleFile {
  /** Path in the zip, with forward slashes. */
  readonly name: string;
  /** Path on this machine. */
  readonly source: string;
  readonly executable: boolean;
}

export interface BundleOptions {
  /** The repository's root. */
  readonly root: string;
  /** The event file, relative to the root; becomes `event.json` in the zip. */
  readonly eventFile: string;
  /** Name of the logo beside it. Default: none. */
  readonly logo?: string | undefined;
  /** A `node_modules` folder with production dependencies only, from `installProductionModules`. */
  readonly modules: string;
  /** Path of the zip, replaced only when complete; its folder is created. */
  readonly output: string;
}

export interface Bundle {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /** Hex, of the zip. */
  readonly sha256: string;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/**
 * Whether a file is needed at run time: no tests, documents, type declarations, maps or dotfiles.
 * @param path relative to the outermost `node_modules`, with forward slashes
 */
export function isRuntimeFile(path: string): boolean {
  if (modulesNotShipped.test(path)) return false;
  const parts = (path.split("node_modules/").at(-1) ?? path).split("/");
  const inPackage = parts.slice(parts[0]?.startsWith("@") ? 2 : 1);
  return inPackage.length < 2 || !packageExtras.has(inPackage[0] ?? "");
}

async function tierFiles(root: string, folder: string): Promise<BundleFile[]> {
  const names = (await filesBelow(join(root, folder))).filter((name) => !/(^|\/)\./.test(name));
  const strange = names.filter((name) => !shippedTypes.has(extname(name)));
  if (strange.length > 0) {
    throw new Error(
      `${folder}/ holds ${strange.join(", ")}, which is none of the types that a tier ships (${[...shippedTypes].join(" ")}). ` +
        "Remove it, or allow its type in infra/bundle.ts.",
    );
  }
  return names.map((name) => ({ name: `${folder}/${name}`, source: join(root, folder, name), executable: false }));
}

/** @returns the zip's files, sorted by name */
async function bundleFiles({ root, eventFile, logo, modules }: Omit<BundleOptions, "output">): Promise<BundleFile[]> {
  const rootFolder = join(root, "infra/bundle");
  const moduleNames = (await filesBelow(modules)).filter(isRuntimeFile);
  const native = moduleNames.find((name) => name.endsWith(".node"));
  if (native) {
    throw new Error(
      `node_modules/${native} is machine code; the bundle must run on any processor, as plain JavaScript.`,
    );
  }
  const files: BundleFile[] = [
    ...rootFiles.map((name) => ({ name, source: join(root, name), executable: false })),
    { name: "event.json", source: resolve(root, eventFile), executable: false },
    ...(logo === undefined ? [] : [{ name: logo, source: resolve(root, dirname(eventFile), logo), executable: false }]),
    ...(await filesBelow(rootFolder)).map((name) => ({
      name,
      source: join(rootFolder, name),
      executable: name.endsWith(".sh"),
    })),
    ...(await Promise.all(tierFolders.map((folder) => tierFiles(root, folder)))).flat(),
    ...moduleNames.map((name) => ({ name: `node_modules/${name}`, source: join(modules, name), executable: false })),
  ];
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Installs the production dependencies of `package-lock.json` in a folder of its own, without running package scripts.
 * @param root the repository's root
 * @returns the folder, its `node_modules`, and a function that removes it
 */
export async function installProductionModules(root: string) {
  const scratch = await mkdtemp(join(tmpdir(), "turnout-modules-"));
  // npm names the whole after its folder.
  const folder = join(scratch, "turnout");
  const remove = () => rm(scratch, { recursive: true, force: true });
  try {
    await mkdir(folder);
    for (const file of ["package.json", "package-lock.json"]) await copyFile(join(root, file), join(folder, file));
    const flags = ["--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await promisify(execFile)("npm", ["ci", ...flags], { cwd: folder });
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, modules: join(folder, "node_modules"), remove };
}

/** Zip times are local, so this must be created as local time to give the same bytes in every zone. */
const fixedTime = new Date(2000, 0, 1);

/**
 * @returns path and hash of the zip
 * @throws Error naming a file that is missing or must not be shipped
 */
export async function buildBundle(options: BundleOptions): Promise<Bundle> {
  const files = await bundleFiles(options);
  for (const file of files) {
    await stat(file.source).catch(() => {
      throw new Error(`The bundle needs ${file.name}, but ${relative(options.root, file.source)} is not there.`);
    });
  }
  const zip = new ZipFile();
  for (const file of files) {
    const mode = file.executable ? 0o100755 : 0o100644;
    zip.addFile(file.source, file.name, { mtime: fixedTime, mode, forceDosTimestamp: true });
  }
  zip.end();
  const content = zip.outputStream as Readable;
  zip.on("error", (error: Error) => content.destroy(error));
  await mkdir(dirname(options.output), { recursive: true });
  const unfinished = join(dirname(options.output), `.${basename(options.output)}.${process.pid}`);
  await pipeline(content, createWriteStream(unfinished));
  const hash = createHash("sha256");
  await pipeline(createReadStream(unfinished), hash);
  const { size } = await stat(unfinished);
  await rename(unfinished, options.output);
  return { path: options.output, files: files.length, bytes: size, sha256: hash.digest("hex") };
}

/** Bundles this repository, installing and removing its production dependencies, with its bill of materials. */
export async function bundleRepository(root: string, eventFile: string): Promise<Bundle> {
  const { folder, modules, remove } = await installProductionModules(root);
  try {
    await writeBillOfMaterials(folder, join(root, billOfMaterialsPath));
    const { logo } = loadEvent(resolve(root, eventFile));
    return await buildBundle({ root, eventFile, logo, modules, output: join(root, bundlePath) });
  } finally {
    await remove();
  }
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, "..");
  const { path, files, bytes, sha256 } = await bundleRepository(root, process.argv[2] ?? "event.json");
  const megabytes = (bytes / 1_000_000).toFixed(1);
  process.stdout.write(
    `${relative(root, path)}  ${files} files, ${megabytes} MB\nsha256 ${sha256}\n${billOfMaterialsPath}  what is in it\n`,
  );
}
