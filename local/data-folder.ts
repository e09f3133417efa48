/**
 * The local stack's data: databases, receipt key and logs. A given folder is kept; a temporary one is removed when the
 * stack stops.
 *
 * It holds attendee data on a possibly shared machine: files are 0600 and folders 0700, existing ones included, and
 * symbolic links are not followed. Only a folder with other content keeps its mode.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makePrivateFile, makePrivateFolder, openPrivateFileSync } from "../shared/process/private-file.ts";

const receiptKeyBytes = 32;
const lockName = "lock";
const databaseName = "dynamodb.db";

export interface DataFolder {
  readonly path: string;
  /** True when it is removed at the end. */
  readonly temporary: boolean;
  readonly sqsFolder: string;
  readonly dynamoDbFile: string;
  /** @returns a file descriptor for a process's output, to be closed */
  openLog(process: string): number;
  /** @returns the value of RECEIPT_KEYS, made once per folder, so that receipts survive a restart */
  receiptKeys(): string;
  /** Removes a temporary folder, unlocks a kept one. Safe to repeat. */
  close(): void;
}

/** A lock of the operating system on a small SQLite file: it ends with the process, so it is never stale. */
function lock(path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, lockName));
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  } catch (cause) {
    database.close();
    throw new Error(`${path} is in use by another local stack. Stop that one, or choose another folder.`, { cause });
  }
  return database;
}

/** A link given by the user is intended; links inside are not. */
function whereItIs(given: string): string {
  return existsSync(given) ? realpathSync(given) : resolve(given);
}

/**
 * Restricts the folder and its existing files to the owner. Engines then create files in private folders, or beside a
 * private database whose mode SQLite copies.
 */
function makeAllPrivate(path: string): void {
  const entries = existsSync(path) ? readdirSync(path) : [];
  const othersToo = entries.length > 0 && !entries.includes(lockName);
  if (othersToo) mkdirSync(path, { recursive: true });
  else makePrivateFolder(path);
  for (const name of [lockName, databaseName]) makePrivateFile(join(path, name));
  for (const name of entries) if (name.startsWith(`${databaseName}-`)) makePrivateFile(join(path, name));
  for (const name of ["sqs", "logs"]) {
    const folder = join(path, name);
    makePrivateFolder(folder);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile()) makePrivateFile(join(folder, entry.name));
    }
  }
}

/**
 * @param given path of a folder to keep, created if missing; undefined for a temporary one
 * @throws Error when it is not writable, holds a symbolic link in place of a file, or is used by another stack
 */
export function openDataFolder(given: string | undefined): DataFolder {
  const temporary = given === undefined;
  const path = temporary ? mkdtempSync(join(tmpdir(), "turnout-")) : whereItIs(given);
  makeAllPrivate(path);
  const locked = lock(path);
  let closed = false;

  return {
    path,
    temporary,
    sqsFolder: join(path, "sqs"),
    dynamoDbFile: join(path, databaseName),
    openLog: (process) => openPrivateFileSync(join(path, "logs", `${process}.log`), "append"),
    receiptKeys() {
      const descriptor = openPrivateFileSync(join(path, "receipt-keys"), "append");
      try {
        const kept = readFileSync(descriptor, "utf8").trim();
        if (kept !== "") return kept;
        const made = `local:${randomBytes(receiptKeyBytes).toString("base64")}`;
        writeSync(descriptor, `${made}\n`);
        return made;
      } finally {
        closeSync(descriptor);
      }
    },
    close() {
      if (closed) return;
      closed = true;
      locked.close();
      if (temporary) rmSync(path, { recursive: true, force: true });
    },
  };
}
