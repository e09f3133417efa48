/**
 * Selects dead letters by id or filter, oldest first, so that of two registrations of an address the earlier one wins.
 */
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import type { RowFilter } from "./row-filter.ts";
import { scanRows } from "./row-scan.ts";
import type { DeadLetterRow } from "./row.ts";

export type Selector = { readonly ids: readonly string[] } | { readonly filter: RowFilter };

type Submitted = Pick<DeadLetterRow, "id" | "submittedAt" | "firstFailedAt">;

/** @returns the ids, oldest first */
export function inOrderOfSubmission(rows: readonly Submitted[]): string[] {
  const since = ({ submittedAt, firstFailedAt }: Submitted) => submittedAt ?? firstFailedAt;
  return rows.toSorted((a, b) => (since(a) < since(b) ? -1 : 1)).map(({ id }) => id);
}

/** @returns unique ids; of a filter, those matching now */
export async function selectDeadLetters(
  store: Pick<DeadLetterStore, "scan" | "readWhole">,
  selector: Selector,
  signal: AbortSignal,
): Promise<string[]> {
  if ("ids" in selector) return [...new Set(selector.ids)];
  const found: Submitted[] = [];
  await scanRows(store, selector.filter, signal, (rows) => {
    for (const { id, submittedAt, firstFailedAt } of rows) found.push({ id, submittedAt, firstFailedAt });
  });
  return inOrderOfSubmission(found);
}
