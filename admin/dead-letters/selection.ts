/**
 * Which dead letters a command is about: those that are named, or all that pass a filter. Oldest first, so that of two
 * registrations of one address the earlier one wins again.
 */
import type { DeadLetterFilter, DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";

export type Selector = { readonly ids: readonly string[] } | { readonly filter: DeadLetterFilter };

/** @returns ids, each once. Of a filter they are those of this moment: what fails meanwhile is not among them. */
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
