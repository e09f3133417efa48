/**
 * The bill of materials of the bundle (CycloneDX), by npm itself: every package that is in the zip, with version, licence
 * and hash, for whoever has to look up whether a vulnerability that became known is deployed.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const maxDocumentBytes = 64 * 1_024 * 1_024;

/**
 * Asks no registry: all of it is in what was installed.
 * @param folder with package.json and production dependencies only. Its package.json is changed: npm lists what is there,
 *   and takes what was left out on purpose for missing.
 * @param output where the document goes; its folder is made, an older one replaced only by a whole one
 * @throws Error of npm, which knows the command from version 10 on
 */
export async function writeBillOfMaterials(folder: string, output: string): Promise<void> {
  const manifestPath = join(folder, "package.json");
  const { devDependencies, optionalDependencies, ...manifest } = JSON.parse(
    await readFile(manifestPath, "utf8"),
  ) as Record<string, unknown>;
  await writeFile(manifestPath, JSON.stringify(manifest));
  const { stdout } = await promisify(execFile)("npm", ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application"], {
    cwd: folder,
    maxBuffer: maxDocumentBytes,
  });
  await mkdir(dirname(output), { recursive: true });
  const unfinished = `${output}.${process.pid}`;
  await writeFile(unfinished, stdout);
  await rename(unfinished, output);
}
