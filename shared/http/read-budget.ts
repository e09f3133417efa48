/**
 * Limits a scan to a budget of read capacity units per second, so that it does not slow down the event. Pages are
 * charged after reading, when their price is known.
 */
import { setTimeout as delay } from "node:timers/promises";

export interface ReadBudget {
  /** Waits until the next page may be read. */
  wait(signal: AbortSignal): Promise<void>;
  /** @param units cost of the page; @param items read for it */
  spent(units: number, items: number): void;
  /** @returns the maximum of items for the next page, so that one page is no burst; undefined for no limit */
  pageLimit(): number | undefined;
}

/** Before the first page the price is unknown. */
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
