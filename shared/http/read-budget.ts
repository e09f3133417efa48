/**
 * Keeps a scan inside a budget of read capacity units a second, so that a look at the whole table does not take from the
 * event what it needs. A page is paid for after it was read, since only then its price is known.
 */
import { setTimeout as delay } from "node:timers/promises";

export interface ReadBudget {
  /** Waits until the next page may be read. */
  wait(signal: AbortSignal): Promise<void>;
  /** @param units that the page cost; @param items that were read for it */
  spent(units: number, items: number): void;
  /** @returns how many items the next page should read at most, so that one page is no burst; undefined for no bound */
  pageLimit(): number | undefined;
}

/** Before the first page its price is not known. */
const firstPageItems = 100;

/**
 * @param unitsPerSecond undefined for no limit
 * @param readers that share it
 */
export function createReadBudget(unitsPerSecond: number | undefined, readers: number): ReadBudget {
  if (unitsPerSecond === undefined) {
    return { wait: () => Promise.resolve(), spent() {}, pageLimit: () => undefined };
  }
  const now = () => performance.now();
  let freeAt = now();
  let unitsPerItem: number | undefined;
  return {
    async wait(signal) {
      const waitMs = freeAt - now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {});
    },
    spent(units, items) {
      freeAt = Math.max(freeAt, now()) + (units / unitsPerSecond) * 1_000;
      if (items > 0 && units > 0) unitsPerItem = units / items;
    },
    pageLimit() {
      if (unitsPerItem === undefined) return firstPageItems;
      return Math.max(1, Math.floor(unitsPerSecond / unitsPerItem / readers));
    },
  };
}
