/**
 * The file of an export in progress: lines go to `FILE.part`, and every few seconds `FILE.checkpoint` records how much
 * of it comes from complete pages. A resumed export cuts off the rest and reads it again, so every registration appears
 * once.
 *
 * The files hold attendee data on a possibly shared machine: each is created anew for its owner only; what is in its
 * place is removed, never written into.
 */
import { existsSync, readFileSync } from "node:fs";
import { link, rename, rm, unlink, type FileHandle } from "node:fs/promises";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../../shared/errors.ts";
import { openPrivateFile } from "../../shared/process/private-file.ts";
import type { SegmentPosition } from "../../shared/aws/table-scan.ts";

const Checkpoint = Type.Object({
  /** What must match to resume: table, format, columns. */
  shape: Type.String(),
  bytes: Type.Integer({ minimum: 0 }),
  rows: Type.Integer({ minimum: 0 }),
  segments: Type.Array(
    Type.Object({ after: Type.Optional(Type.Record(Type.String(), Type.Unknown())), done: Type.Boolean() }),
  ),
});

type Checkpoint = Static<typeof Checkpoint>;

export interface ExportFile {
  /** Where each segment of the scan continues. */
  readonly segments: readonly SegmentPosition[];
  readonly rows: number;
  /** Appends a page's lines. Concurrent calls are written in order. */
  append(text: string, rows: number, segment: number, position: SegmentPosition): Promise<void>;
  /** Moves the finished file into place. */
  finish(): Promise<void>;
  /** Leaves the export resumable. Safe after `finish`. */
  suspend(): Promise<void>;
}

export interface ExportFileOptions {
  readonly path: string;
  readonly shape: string;
  /** Start of a new file. */
  readonly head: string;
  readonly segments: number;
  /** Resume an interrupted export. */
  readonly resume: boolean;
  readonly overwrite: boolean;
}

const validator = Compile(Checkpoint);
const checkpointEveryMs = 2_000;
/** Error of file systems without hard links. */
const withoutLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

function usage(message: string): TurnoutError {
  return new TurnoutError("TURNOUT_USAGE_INVALID", message);
}

function readCheckpoint(path: string, shape: string): Checkpoint {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw usage(`There is nothing to resume: ${path} cannot be read (${cause instanceof Error ? cause.message : ""}).`);
  }
  if (!validator.Check(value)) throw usage(`${path} is no checkpoint of an export. Remove it and start again.`);
  if (value.shape !== shape) {
    throw usage(`${path} belongs to an export of another table, format or event. Remove it and start again.`);
  }
  return value;
}

/** Creates a new file; what exists, such as a link, is removed and not followed. */
async function openAnew(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return openPrivateFile(path, "new");
}

/** Renames the finished part, unless the name was taken meanwhile. */
async function placeWithoutReplacing(partPath: string, path: string): Promise<void> {
  try {
    await link(partPath, path);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST")
      throw usage(`${path} was made by somebody else meanwhile. The export stands in ${partPath}.`);
    if (!withoutLinks.has(code)) throw cause;
    return rename(partPath, path);
  }
  await unlink(partPath);
}

/** @throws TURNOUT_USAGE_INVALID when the file exists or there is nothing to resume */
export async function openExportFile(options: ExportFileOptions): Promise<ExportFile> {
  const { path, shape, head, resume, overwrite } = options;
  const partPath = `${path}.part`;
  const checkpointPath = `${path}.checkpoint`;
  if (!overwrite && existsSync(path))
    throw usage(`${path} is there already. Choose another file, or give --overwrite.`);
  if (!resume && !overwrite && existsSync(checkpointPath)) {
    throw usage(
      `An export to ${path} was stopped before its end. Go on with --resume, or start again with --overwrite.`,
    );
  }
  const state: Checkpoint = resume
    ? readCheckpoint(checkpointPath, shape)
    : { shape, bytes: 0, rows: 0, segments: Array.from({ length: options.segments }, () => ({ done: false })) };
  const file = resume ? await openPrivateFile(partPath, "existing") : await openAnew(partPath);
  await file.truncate(state.bytes);
  let writing: Promise<void> = Promise.resolve();
  let checkpointAt = performance.now();
  let closed = false;

  /** Sequentially, in call order. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = writing.then(work);
    writing = turn.catch(() => {});
    return turn;
  }

  async function write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let offset = 0; offset < bytes.length;) {
      offset += (await file.write(bytes, offset, bytes.length - offset, state.bytes + offset)).bytesWritten;
    }
    state.bytes += bytes.length;
  }

  async function checkpoint(): Promise<void> {
    await file.datasync();
    const next = await openAnew(`${checkpointPath}.new`);
    try {
      await next.writeFile(JSON.stringify(state));
    } finally {
      await next.close();
    }
    await rename(`${checkpointPath}.new`, checkpointPath);
    checkpointAt = performance.now();
  }

  if (!resume) await write(head);
  await checkpoint();

  return {
    segments: state.segments,
    get rows() {
      return state.rows;
    },
    append: (text, rows, segment, position) =>
      inTurn(async () => {
        await write(text);
        state.rows += rows;
        state.segments[segment] = position.done ? { done: true } : { after: position.after ?? {}, done: false };
        if (performance.now() - checkpointAt > checkpointEveryMs) await checkpoint();
      }),
    finish: () =>
      inTurn(async () => {
        await file.sync();
        await file.close();
        closed = true;
        await (overwrite ? rename(partPath, path) : placeWithoutReplacing(partPath, path));
        await rm(checkpointPath, { force: true });
      }),
    suspend: () =>
      inTurn(async () => {
        if (closed) return;
        closed = true;
        await checkpoint();
        await file.close();
      }),
  };
}
