/** Reads the matching dead letters as rows, page by page. */
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { createRowMatcher, type RowFilter } from "./row-filter.ts";
import { shownAttributes } from "../../shared/dead-letters/replay-records.ts";
import { readAddresses, toRow, type DeadLetterRow } from "./row.ts";

/**
 * @param onRows called with those that match. Addresses that only a body holds are read when a text is searched for.
 * @throws as `DeadLetterStore.scan`
 */
export async function scanRows(
  store: Pick<DeadLetterStore, "scan" | "readWhole">,
  filter: RowFilter,
  signal: AbortSignal,
  onRows: (rows: readonly DeadLetterRow[]) => void,
): Promise<void> {
  const matches = createRowMatcher(filter);
  const searched = filter.text !== undefined && filter.text.trim() !== "";
  await store.scan(
    filter,
    signal,
    async (records) => {
      let rows = records.map((record) => toRow(record));
      if (searched) {
        const addresses = await readAddresses(store, rows, signal);
        rows = rows.map((row) => (row.address === undefined ? { ...row, address: addresses.get(row.id) } : row));
      }
      onRows(rows.filter(matches));
    },
    shownAttributes,
  );
}
