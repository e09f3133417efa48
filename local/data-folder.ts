/**
 * Where the local stack keeps what it writes: the engines' databases, the receipt key and the logs. A folder that was
 * asked for stays; a temporary one goes when the stack stops.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

const receiptKeyBytes = 32;

export interface DataFolder {
  readonly path: string;
  /** True when it goes at the end. */
  readonly temporary: boolean;
  readonly sqsFolder: string;
  readonly dynamoDbFile: string;
  /** @returns the file that takes all of a process's output */
  logFile(process: string): string;
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
  const database = new DatabaseSync(join(path, "lock"));
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  } catch (cause) {
    database.close();
    throw new Error(`${path} is in use by another local stack. Stop that one, or choose another folder.`, { cause });
  }
  return database;
}

/**
 * @param given path of a folder to keep, made where it does not exist; undefined for a temporary one
 * @throws Error when it cannot be written or is in use by another stack
 */
export function openDataFolder(given: string | undefined): DataFolder {
  const temporary = given === undefined;
  const path = temporary ? mkdtempSync(join(tmpdir(), "turnout-")) : resolve(given);
  // Attendees' data will lie here, on a machine that may have other users.
  mkdirSync(join(path, "logs"), { recursive: true, mode: 0o700 });
  const locked = lock(path);
  let closed = false;

  return {
    path,
    temporary,
    sqsFolder: join(path, "sqs"),
    dynamoDbFile: join(path, "dynamodb.db"),
    logFile: (process) => join(path, "logs", `${process}.log`),
    receiptKeys() {
      const file = join(path, "receipt-keys");
      if (!existsSync(file)) {
        writeFileSync(file, `local:${randomBytes(receiptKeyBytes).toString("base64")}\n`, { mode: 0o600 });
      }
      return readFileSync(file, "utf8").trim();
    },
    close() {
      if (closed) return;
      closed = true;
      locked.close();
      if (temporary) rmSync(path, { recursive: true, force: true });
    },
  };
}
