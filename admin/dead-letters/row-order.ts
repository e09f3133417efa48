/**
 * The order of lists, newest first, and cursors between their pages. A cursor names the last row of a page, not a number
 * of rows: what arrives or is settled meanwhile neither repeats nor hides a row of the next page.
 */
import { TurnoutError } from "../../shared/errors.ts";
import type { DeadLetterRow } from "./row.ts";

export type Place = Pick<DeadLetterRow, "lastFailedAt" | "id">;

/** Compares by the time of the last failure, then by id. */
export function newestFirst(a: Place, b: Place): number {
  if (a.lastFailedAt !== b.lastFailedAt) return a.lastFailedAt < b.lastFailedAt ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

/** @returns a text for options and URLs; it contains no attendee data */
export function cursorOf({ lastFailedAt, id }: Place): string {
  return Buffer.from(`${lastFailedAt} ${id}`).toString("base64url");
}

/** @throws TURNOUT_USAGE_INVALID */
export function parseCursor(cursor: string): Place {
  const [lastFailedAt = "", id = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  if (id !== "" && !Number.isNaN(Date.parse(lastFailedAt))) return { lastFailedAt, id };
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    "This cursor is not one that a list gave. Start with the first page.",
  );
}

export interface NewestRows {
  add(row: DeadLetterRow): void;
  /** @returns the newest, newest first */
  rows(): readonly DeadLetterRow[];
}

/**
 * Keeps only the newest of many rows.
 * @param limit how many are kept, at least 1
 * @param after the last row of the page before; undefined for the first page
 */
export function createNewestRows(limit: number, after: Place | undefined): NewestRows {
  let kept: DeadLetterRow[] = [];

  function cut(): void {
    kept = kept.toSorted(newestFirst).slice(0, limit);
  }

  return {
    add(row) {
      if (after !== undefined && newestFirst(after, row) >= 0) return;
      kept.push(row);
      // Sorting twice as many occasionally is cheaper than inserting each in order.
      if (kept.length >= 2 * limit) cut();
    },
    rows() {
      cut();
      return kept;
    },
  };
}
