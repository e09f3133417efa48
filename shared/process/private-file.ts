/**
 * Opens files with personal data: readable by the owner only, whatever their mode was, and never through symbolic
 * links, by which another account could redirect the writes.
 */
import { chmodSync, closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { TurnoutError } from "../errors.ts";

const ownerOnly = 0o600;
const folderOwnerOnly = 0o700;
const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
/** Not available on Windows. */
const noFollow = (constants as Partial<typeof constants>).O_NOFOLLOW ?? 0;

const flagsOf = {
  /** New only. */
  new: O_RDWR | O_CREAT | O_EXCL | noFollow,
  /** Existing only, for reading and writing. */
  existing: O_RDWR | noFollow,
  /** Existing or new, for appending. */
  append: O_RDWR | O_CREAT | O_APPEND | noFollow,
} as const;

export type PrivateFileMode = keyof typeof flagsOf;

/** A link fails with ELOOP; other errors are passed on. */
function rejectionOf(path: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ELOOP" || code === "EMLINK" ? linked(path, cause) : cause;
}

function linked(path: string, cause?: unknown): TurnoutError {
  return new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `${path} is a symbolic link. People's data is not written through one: name the file itself, or remove the link.`,
    { cause },
  );
}

/**
 * @returns the open file, mode 0600
 * @throws TURNOUT_USAGE_INVALID for a symbolic link; the file system's error, EEXIST for a new file that exists
 */
export async function openPrivateFile(path: string, how: PrivateFileMode): Promise<FileHandle> {
  const file = await open(path, flagsOf[how], ownerOnly).catch((cause: unknown) => {
    throw rejectionOf(path, cause);
  });
  try {
    if ((await file.stat()).isFile()) await file.chmod(ownerOnly);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The same synchronously. @returns a file descriptor to close */
export function openPrivateFileSync(path: string, how: PrivateFileMode): number {
  let file: number;
  try {
    file = openSync(path, flagsOf[how], ownerOnly);
  } catch (cause) {
    throw rejectionOf(path, cause);
  }
  try {
    if (fstatSync(file).isFile()) fchmodSync(file, ownerOnly);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * Creates an empty file, or restricts an existing one to its owner. An existing one is not opened, since closing it
 * would release this process's locks on it.
 * @throws TURNOUT_USAGE_INVALID for a symbolic link; the file system's error
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openPrivateFileSync(path, "new"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    tighten(path, ownerOnly);
  }
}

function tighten(path: string, mode: number): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) throw linked(path);
  if ((stats.mode & 0o077) !== 0) chmodSync(path, mode);
}

/**
 * Creates a folder for the owner only, or restricts an existing one.
 * @throws TURNOUT_USAGE_INVALID for a symbolic link; the file system's error
 */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: folderOwnerOnly });
  tighten(path, folderOwnerOnly);
}
