/** Keeps the report of the last stress run in the run folder, where `turnout plan` finds it. */
import { closeSync, ftruncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../shared/process/environment.ts";
import { makePrivateFolder, openPrivateFileSync } from "../../shared/process/private-file.ts";
import { runFolder } from "../../shared/process/stack-record.ts";
import type { StressReport } from "./stress-report.ts";

export function lastStressFile(env: Environment): string {
  return join(runFolder(env), "last-stress.json");
}

/** @returns its path; undefined where the run folder cannot be written, which harms nothing */
export function keepLastStress(env: Environment, report: StressReport): string | undefined {
  const file = lastStressFile(env);
  try {
    makePrivateFolder(runFolder(env));
    const descriptor = openPrivateFileSync(file, "append");
    try {
      ftruncateSync(descriptor);
      writeSync(descriptor, `${JSON.stringify(report)}\n`);
    } finally {
      closeSync(descriptor);
    }
    return file;
  } catch {
    return undefined;
  }
}
