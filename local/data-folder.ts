/**
 * Where the local stack keeps what it writes: the engines' databases, the receipt key and the logs. A folder that was
 * asked for stays; a temporary one goes when the stack stops.
 *
 * Attendees' data lies here, on a machine that may have other users: all files are their owner's alone (0600), so are the
 * folders (0700), also those that were there before, and no symbolic link is followed. Only a folder that holds other things
 * keeps the mode that somebody gave it.
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
  /** True when it goes at the end. */
  readonly temporary: boolean;
  readonly sqsFolder: string;
  readonly dynamoDbFile: string;
  /** @returns a descriptor of the file that takes all of a process's output, to be closed */
  openLog(process: string): number;
  /** @returns the value of RECEIPT_KEYS: made once for a folder, so that receipts outlive a restart */
  receiptKeys(): string;
  /** Lets the folder go: removes a temporary one, unlocks a kept one. Safe to call twice. */
  close(): void;
}

/**
 * The lock is the system's own, on a small SQLite file: it goes with the process that holds it, however that one ends,
 * so there is never a stale one.
 */
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

/** A link that the person gives is meant; only those inside are not. */
function whereItIs(given: string): string {
  return existsSync(given) ? realpathSync(given) : resolve(given);
}

/**
 * Makes the folder, and what an earlier run has left in it, its owner's alone. The engines then make their files in private
 * folders, or beside a database that is private: SQLite gives its other files the mode of the database.
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
 * @param given path of a folder to keep, made where it does not exist; undefined for a temporary one
 * @throws Error when it cannot be written, holds a symbolic link in place of a file, or is in use by another stack
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
