/** Unpacks a zip as an instance does: names, contents and the right to be executed. */
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { openPromise, type Entry } from "yauzl";

export interface UnpackedFile {
  readonly name: string;
  readonly bytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
}

export async function listZip(path: string): Promise<UnpackedFile[]> {
  return read(path, async () => {});
}

/** @param folder made where it does not exist */
export async function unpack(path: string, folder: string): Promise<UnpackedFile[]> {
  return read(path, async (entry, open, mode) => {
    const target = join(folder, entry.fileName);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(await open(), createWriteStream(target, { mode }));
  });
}

async function read(
  path: string,
  handle: (entry: Entry, open: () => Promise<NodeJS.ReadableStream>, mode: number) => Promise<void>,
): Promise<UnpackedFile[]> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  const files: UnpackedFile[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const mode = (entry.externalFileAttributes >>> 16) & 0o777;
      await handle(entry, () => zip.openReadStreamPromise(entry), mode);
      files.push({ name: entry.fileName, bytes: entry.uncompressedSize, mode });
    }
  } finally {
    zip.close();
  }
  return files;
}
