/**
 * The bundle's bill of materials (CycloneDX), made by npm: every package with version, licence and hash, to check
 * deployments for vulnerabilities.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const maxDocumentBytes = 64 * 1_024 * 1_024;

/**
 * npm gives each document a number and a time of its own, both optional in CycloneDX
 * (https://cyclonedx.org/docs/1.5/json/). Without them the same packages give the same bytes, as the bundle does.
 */
function withoutRun(document: string): string {
  const { serialNumber, metadata, ...rest } = JSON.parse(document) as {
    serialNumber?: string;
    metadata: Record<string, unknown>;
  };
  const { timestamp, ...kept } = metadata;
  return `${JSON.stringify({ ...rest, metadata: kept }, undefined, 2)}\n`;
}

/**
 * Works offline from what is installed.
 * @param folder with package.json and production dependencies only. Its package.json is changed, since npm would report
 *   the omitted dependencies as missing.
 * @param output path of the document, replaced only when complete; its folder is created
 * @throws Error of npm, which has the command from version 10 on
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
  await writeFile(unfinished, withoutRun(stdout));
  await rename(unfinished, output);
}
