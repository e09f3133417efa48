/** Keeps only the newest of many items, for lists. */

export interface Newest<Item> {
  add(item: Item): void;
  /** @returns the newest, newest first */
  items(): Item[];
}

/**
 * @param limit how many are kept, at least 1
 * @param timeOf ISO 8601, UTC, so that texts compare as times
 */
export function createNewest<Item>(limit: number, timeOf: (item: Item) => string): Newest<Item> {
  let kept: Item[] = [];
  const descending = (a: Item, b: Item) => (timeOf(a) < timeOf(b) ? 1 : -1);

  function cut(): void {
    kept = kept.toSorted(descending).slice(0, limit);
  }

  return {
    add(item) {
      kept.push(item);
      // Sorting twice as many occasionally is cheaper than inserting each in order.
      if (kept.length >= 2 * limit) cut();
    },
    items() {
      cut();
      return kept;
    },
  };
}
