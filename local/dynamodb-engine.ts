/**
 * Finds the embedded DynamoDB: dynoxide, a native binary with one npm package per platform.
 *
 * Only one platform's package can be in package.json without breaking `npm ci` elsewhere; on others it is installed at
 * the first start.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const installWithinMs = 120_000;

export interface DynamoDbEngineOptions {
  /** Default: the machine's `process.platform` and `process.arch`. */
  readonly platform?: string;
  readonly arch?: string;
  /** Called before an installation, which takes time and needs the network. */
  onInstall?(packageName: string): void;
  /** Default: `npm install --no-save`. */
  install?(packageName: string): Promise<void>;
}

/** The version pinned in package.json. */
function pinnedVersion(): string {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    optionalDependencies: Record<string, string>;
  };
  const pinned = Object.entries(manifest.optionalDependencies).find(([name]) => name.startsWith("@dynoxide/"));
  if (pinned === undefined) throw new Error("package.json lists no @dynoxide package among its optional dependencies.");
  return pinned[1];
}

function findBinary(platform: string, arch: string): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform}-${arch}/package.json`);
    const binary = join(manifest, "..", platform === "win32" ? "dynoxide.exe" : "dynoxide");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

async function npmInstall(packageName: string): Promise<void> {
  await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", packageName], {
    cwd: root,
    timeout: installWithinMs,
    // On Windows npm is a script, which needs a shell.
    shell: process.platform === "win32",
  });
}

/**
 * @returns path of the binary, installed if needed
 * @throws Error that says what failed and what to do
 */
export async function findDynamoDbEngine(options: DynamoDbEngineOptions = {}): Promise<string> {
  const { platform = process.platform, arch = process.arch, onInstall, install = npmInstall } = options;
  const found = findBinary(platform, arch);
  if (found !== undefined) return found;
  const packageName = `@dynoxide/${platform}-${arch}@${pinnedVersion()}`;
  onInstall?.(packageName);
  let cause: unknown;
  let why = "it holds no binary";
  try {
    await install(packageName);
    const installed = findBinary(platform, arch);
    if (installed !== undefined) return installed;
  } catch (error) {
    cause = error;
    why = /npm error code (\S+)/.exec(String((error as { stderr?: unknown }).stderr))?.[1] ?? String(error);
  }
  throw new Error(
    `There is no embedded DynamoDB for ${platform}-${arch}: installing ${packageName} failed (${why}). ` +
      "Set AWS_ENDPOINT_URL_DYNAMODB to the URL of any DynamoDB-compatible endpoint instead, " +
      "for example one that Docker runs: docker run -p 8000:8000 amazon/dynamodb-local",
    { cause },
  );
}
