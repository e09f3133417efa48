/** Keeps the rows of a file that were refused: the first ones for the eye, all of them in a file beside it. */
import { closeSync, rmSync, writeSync } from "node:fs";
import { openPrivateFileSync } from "../../shared/process/private-file.ts";
import type { Reply } from "../people/front-door.ts";
import type { RefusedRow } from "../people/submission-file.ts";

export interface RefusedRows {
  readonly count: number;
  /** At most `shownRows`. */
  readonly first: readonly RefusedRow[];
  /** Where all of them stand; undefined while there is none, or without a file. */
  readonly file: string | undefined;
  add(row: RefusedRow): void;
  /** Safe to call twice. */
  close(): void;
}

export const shownRows = 20;

function openAnew(file: string): number {
  rmSync(file, { force: true });
  return openPrivateFileSync(file, "new");
}

/**
 * @param file path that is written when the first row comes, over what it holds: line and reasons, nobody's data;
 *   undefined to keep the first ones only
 */
export function createRefusedRows(file: string | undefined): RefusedRows {
  const first: RefusedRow[] = [];
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

/** @returns why the front door refused, in its own words, one reason for each fault */
export function reasonsOf({ status, code, detail, faults = [] }: Reply): string[] {
  if (faults.length > 0) return faults.map((fault) => `${fault.pointer || "/"} ${fault.detail}`);
  return [[code ?? `HTTP ${status ?? "without an answer"}`, detail].filter((part) => part !== undefined).join(": ")];
}
