/**
 * How commands find a local stack: `npm start` writes a record of where it runs, one small file for each stack, and
 * removes it when it stops.
 *
 * A record is believed only when this account alone can have written it and its process lives. A stack that was killed
 * leaves its record behind; the next start removes it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { Environment } from "./environment.ts";
import { makePrivateFolder, openPrivateFileSync } from "./private-file.ts";

const Url = (of: string) => Type.String({ pattern: "^https?://", description: `URL of ${of}` });

export const StackRecord = Type.Object(
  {
    format: Type.Literal(1),
    pid: Type.Integer({ minimum: 1, description: "process that runs the stack" }),
    startedAt: Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT[\d:.]+Z$`, description: "ISO 8601, UTC" }),
    region: Type.String({ minLength: 1 }),
    ownCredentials: Type.Boolean({ description: "true: those of the environment; false: the embedded engines' own" }),
    urls: Type.Object({
      web: Url("the web tier"),
      worker: Url("the worker tier"),
      sqs: Url("SQS"),
      dynamodb: Url("DynamoDB"),
      console: Type.Optional(Url("the console, without its token")),
      mail: Type.Optional(Url("SES; missing where no mail is sent")),
    }),
  },
  { additionalProperties: false },
);

export type StackRecord = Static<typeof StackRecord>;

const validator = Compile(StackRecord);
const root = join(import.meta.dirname, "..", "..");
const longestBytes = 16_384;
const writableByOthers = 0o022;
/** Not available on Windows. */
const noFollow = (constants as Partial<typeof constants>).O_NOFOLLOW ?? 0;

/** @returns the run folder: TURNOUT_RUN_FOLDER, or `.turnout` of this checkout */
export function runFolder(env: Environment): string {
  return env.TURNOUT_RUN_FOLDER || join(root, ".turnout");
}

const recordsOf = (folder: string) => join(folder, "stacks");
const fileOf = (folder: string, pid: number) => join(recordsOf(folder), `${pid}.json`);

/** @returns false for a process of another account as well, which runs no stack of ours */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Undefined: this account alone can have written it. */
function distrust(stats: Stats): string | undefined {
  const account = process.getuid?.();
  if (account !== undefined && stats.uid !== account) return "it belongs to another account";
  return account !== undefined && (stats.mode & writableByOthers) !== 0 ? "other accounts can write it" : undefined;
}

function readRecord(file: string): StackRecord | string {
  const descriptor = openSync(file, constants.O_RDONLY | noFollow);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > longestBytes) return "it is no record";
    const why = distrust(stats);
    if (why !== undefined) return why;
    const value: unknown = JSON.parse(readFileSync(descriptor, "utf8"));
    return validator.Check(value) ? value : "it is no record of this version";
  } catch (error) {
    return error instanceof SyntaxError ? "it is no record" : (error as Error).message;
  } finally {
    closeSync(descriptor);
  }
}

export interface StackRecords {
  /** Of processes that live, the oldest first. Whether they answer is not checked. */
  readonly running: readonly StackRecord[];
  /** Files of stacks that were killed. */
  readonly stale: readonly string[];
  /** What was not believed, a sentence each. */
  readonly ignored: readonly string[];
}

/** @returns the records in a run folder; never throws */
export function readStackRecords(folder: string): StackRecords {
  const running: StackRecord[] = [];
  const stale: string[] = [];
  const ignored: string[] = [];
  let names: string[];
  try {
    const stats = lstatSync(recordsOf(folder));
    const why = stats.isDirectory() ? distrust(stats) : "it is no folder";
    if (why !== undefined) return { running, stale, ignored: [`Ignored ${recordsOf(folder)}: ${why}.`] };
    names = readdirSync(recordsOf(folder)).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return { running, stale, ignored };
  }
  for (const name of names) {
    const file = join(recordsOf(folder), name);
    try {
      const record = readRecord(file);
      if (typeof record === "string") ignored.push(`Ignored ${file}: ${record}.`);
      else if (name === `${record.pid}.json` && isRunning(record.pid)) running.push(record);
      else stale.push(file);
    } catch (error) {
      // It may have been removed just now.
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") ignored.push(`Ignored ${file}: ${code === "ELOOP" ? "it is a symbolic link" : message}.`);
    }
  }
  return { running: running.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)), stale, ignored };
}

/**
 * Writes the record, mode 0600 in a folder of mode 0700, complete or not at all. Removes those of stacks that were killed.
 * @returns removes it again; safe to repeat, never throws
 * @throws TURNOUT_USAGE_INVALID for a symbolic link; the file system's error
 */
export function writeStackRecord(folder: string, record: StackRecord): () => void {
  makePrivateFolder(recordsOf(folder));
  for (const file of readStackRecords(folder).stale) rmSync(file, { force: true });
  const file = fileOf(folder, record.pid);
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const descriptor = openPrivateFileSync(unfinished, "new");
  try {
    writeSync(descriptor, `${JSON.stringify(record, undefined, 2)}\n`);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
  return () => {
    try {
      rmSync(file, { force: true });
    } catch {
      // What stays is stale: its process ends.
    }
  };
}
