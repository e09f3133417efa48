/**
 * Unit tests that share a process. Starting one and loading its packages costs a second of CPU time, most of these tests a
 * few milliseconds. What needs engines, processes, environment variables or signals has a process of its own.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const tests = join(import.meta.dirname, "..");

/**
 * Runs the `*.unit.test.ts` of a room.
 * @throws Error when there are none
 */
export async function importUnits(room: string): Promise<void> {
  const files = readdirSync(join(tests, room), { recursive: true, encoding: "utf8" });
  const units = files.filter((file) => file.endsWith(".unit.test.ts")).toSorted();
  if (units.length === 0) throw new Error(`test/${room} has no unit tests.`);
  for (const file of units) await import(pathToFileURL(join(tests, room, file)).href);
}
