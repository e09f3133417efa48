/** Keeps the rows of a file that were rejected: the first ones to be shown, all of them in a file beside it. */
import { closeSync, rmSync, writeSync } from "node:fs";
import { openPrivateFileSync } from "../../shared/process/private-file.ts";
import type { Reply } from "../run/registration-client.ts";
import type { RejectedRow } from "../people/submission-file.ts";

export interface RejectedRows {
  readonly count: number;
  /** At most `shownRows`. */
  readonly first: readonly RejectedRow[];
  /** The file that holds all of them; undefined while there is none. */
  readonly file: string | undefined;
  add(row: RejectedRow): void;
  /** Safe to call twice. */
  close(): void;
}

export const shownRows = 20;

function openAnew(file: string): number {
  rmSync(file, { force: true });
  return openPrivateFileSync(file, "new");
}

/**
 * @param file is replaced when the first row is added; it holds lines and reasons, no attendee data. Undefined: only the
 *   first rows are kept
 */
export function createRejectedRows(file: string | undefined): RejectedRows {
  const first: RejectedRow[] = [];
  let count = 0;
  let descriptor: number | undefined;
  return {
    get count() {
      return count;
    },
    first,
    get file() {
      return count > 0 ? file : undefined;
    },
    add(row) {
      count += 1;
      if (first.length < shownRows) first.push(row);
      if (file === undefined) return;
      descriptor ??= openAnew(file);
      writeSync(descriptor, `${JSON.stringify({ line: row.line, reasons: row.reasons })}\n`);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** @returns why the service rejected a registration, in its own words, one reason for each validation error */
export function reasonsOf({ status, code, detail, errors = [] }: Reply): string[] {
  if (errors.length > 0) return errors.map((error) => `${error.pointer || "/"} ${error.detail}`);
  return [[code ?? `HTTP ${status ?? "without an answer"}`, detail].filter((part) => part !== undefined).join(": ")];
}
