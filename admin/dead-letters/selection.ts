/**
 * Selects dead letters by id or filter, oldest first, so that of two registrations of an address the earlier one wins.
 */
import type { DeadLetterFilter, DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";

export type Selector = { readonly ids: readonly string[] } | { readonly filter: DeadLetterFilter };

/** @returns unique ids; of a filter, those matching now */
export async function selectDeadLetters(
  store: DeadLetterStore,
  selector: Selector,
  signal: AbortSignal,
): Promise<string[]> {
  if ("ids" in selector) return [...new Set(selector.ids)];
  const found: { readonly id: string; readonly since: string }[] = [];
  await store.scan(selector.filter, signal, (records) => {
    for (const { id, submittedAt, firstFailedAt } of records) found.push({ id, since: submittedAt ?? firstFailedAt });
  });
  return found.toSorted((a, b) => (a.since < b.since ? -1 : 1)).map(({ id }) => id);
}
