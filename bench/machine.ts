/** What a figure was measured on: without it, it cannot be compared with another. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Processes waiting for a processor, over the last minute, before the run began: above 0.5, somebody else was busy. */
  readonly loadBefore: number;
}

export interface Provenance {
  readonly at: string;
  readonly command: string;
  readonly commit: string;
  /** Whether files that are measured differed from that commit. */
  readonly modified: boolean;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

const measuredPackages = [
  "fastify",
  "@aws-sdk/client-sqs",
  "@aws-sdk/client-dynamodb",
  "@aws-sdk/lib-dynamodb",
  "sqs-consumer",
  "express",
  "autocannon",
];
const measuredFolders = ["web", "worker", "shared", "bench", "package.json", "package-lock.json"];
const root = new URL("..", import.meta.url);

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

function versionOf(packageName: string): string {
  const manifest = readFileSync(new URL(`node_modules/${packageName}/package.json`, root), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** @param command as it was typed */
export function describeProvenance(command: string): Provenance {
  return {
    at: new Date().toISOString(),
    command,
    commit: git("rev-parse", "HEAD"),
    modified: git("status", "--porcelain", "--", ...measuredFolders) !== "",
    machine: {
      processor: cpus()[0]?.model.trim() ?? "unknown",
      processors: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release().split("-")[0] ?? ""} ${arch()}`,
      loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    },
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(measuredPackages.map((name) => [name, versionOf(name)])),
    },
  };
}
