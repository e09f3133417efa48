/**
 * Tests that share a process. Starting one and loading its packages costs a second of processor time, an engine another;
 * most tests cost a few milliseconds. What needs processes or signals of its own, or runs its tests beside each other, has
 * its own process.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import tap from "tap";
import { enterFile } from "./file-test.ts";

type Kind = "unit" | "engine";

const tests = join(import.meta.dirname, "..");
/** For one file. */
const timeoutMs = 170_000;

/**
 * Runs the `*.<kind>.test.ts` below some folders of test/, one file after another.
 * @throws Error when a folder has none
 */
export function runGroup(kind: Kind, ...folders: readonly string[]): void {
  for (const folder of folders) {
    const files = readdirSync(join(tests, folder), { recursive: true, encoding: "utf8" });
    const ofKind = files.filter((file) => file.endsWith(`.${kind}.test.ts`)).toSorted();
    if (ofKind.length === 0) throw new Error(`test/${folder} has no ${kind} tests.`);
    for (const file of ofKind) {
      const path = join(tests, folder, file);
      void tap.test(`test/${folder}/${file}`, { timeout: timeoutMs }, async (t) => {
        enterFile(t);
        await import(pathToFileURL(path).href);
      });
    }
  }
}
