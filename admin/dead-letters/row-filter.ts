/** Which dead letters are meant: what the table can filter by itself, and what only the rows tell. */
import type { DeadLetterFilter } from "../../shared/dead-letters/dead-letter-store.ts";
import { kindOf } from "./row-kinds.ts";
import type { DeadLetterRow } from "./row.ts";

export interface RowFilter extends DeadLetterFilter {
  /** A detail; all of its kind are meant. */
  readonly detail?: string | undefined;
  /** Part of the address, the name, the id or the detail, in any case. */
  readonly text?: string | undefined;
}

/** @returns whether a row is meant */
export function createRowMatcher({ reason, state, since, until, detail, text }: RowFilter) {
  const kind = detail === undefined ? undefined : kindOf(detail);
  const part = text?.trim().toLowerCase() ?? "";
  return function matches(row: DeadLetterRow): boolean {
    if (reason !== undefined && row.reason !== reason) return false;
    if (state !== undefined && row.state !== state) return false;
    if (since !== undefined && row.lastFailedAt < since) return false;
    if (until !== undefined && row.lastFailedAt >= until) return false;
    if (kind !== undefined && kindOf(row.detail) !== kind) return false;
    if (part === "") return true;
    return [row.address, row.name, row.id, row.detail].some((value) => value?.toLowerCase().includes(part));
  };
}
