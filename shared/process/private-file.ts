/**
 * Opens files that hold people's data: readable by their owner alone whatever mode they had, and never reached through a
 * symbolic link, behind which another account of the machine could have them written where it likes.
 */
import { chmodSync, closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { TurnoutError } from "../errors.ts";

const ownerOnly = 0o600;
const folderOwnerOnly = 0o700;
const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
/** Windows has none, nor others' symbolic links. */
const noFollow = (constants as Partial<typeof constants>).O_NOFOLLOW ?? 0;

const flagsOf = {
  /** Made here, or not at all. */
  new: O_RDWR | O_CREAT | O_EXCL | noFollow,
  /** What is there already, to be read and written. */
  existing: O_RDWR | noFollow,
  /** What is there already or is made here, to be added to. */
  append: O_RDWR | O_CREAT | O_APPEND | noFollow,
} as const;

export type PrivateFileMode = keyof typeof flagsOf;

/** A link is rejected with ELOOP; everything else is the file system's own error. */
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
 * @returns the open file, of mode 0600
 * @throws TURNOUT_USAGE_INVALID where the path is a symbolic link; the file system's error, EEXIST for a new file that is
 *   there already
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

/** The same at once. @returns the file's descriptor, to be closed */
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
 * Makes an empty file, or of one that is there its owner's alone. One that is there is not opened: closing it would give up
 * the locks that this process holds on it.
 * @throws TURNOUT_USAGE_INVALID where the path is a symbolic link; the file system's error
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
 * Makes a folder that only its owner can enter, or of one that is there such a folder.
 * @throws TURNOUT_USAGE_INVALID where the path is a symbolic link; the file system's error
 */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: folderOwnerOnly });
  tighten(path, folderOwnerOnly);
}
