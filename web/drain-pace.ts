/**
 * How long registrations take at this moment from acceptance to the table, learnt from the ones that are asked about.
 *
 * It serves two ends: an honest word about the wait, and discretion. Somebody who submits an address that is already
 * registered must not learn so from a status that is confirmed faster than others: such a receipt is confirmed after a
 * delay drawn from those that real registrations have had lately.
 */

export interface DrainPace {
  /** A registration that was found in the table: when it was accepted and when it was stored, ISO 8601. */
  observe(submittedAt: string, storedAt: string): void;
  /**
   * @param id the registration that asks; the same id gets the same share of the distribution each time
   * @returns a delay in milliseconds as a registration of this moment could have had it
   */
  typicalDelayMs(id: string): number;
}

const keep = 64;
/** Before anything was observed: a moment, as on an idle service. */
const idleDelayMs = 50;

/** @returns a number from 0 (included) to 1 (excluded), fixed by the text: FNV-1a, good enough to spread */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}

export function createDrainPace(): DrainPace {
  const delays: number[] = [];
  let next = 0;
  let sorted: number[] | undefined;
  return {
    observe(submittedAt, storedAt) {
      delays[next] = Math.max(0, Date.parse(storedAt) - Date.parse(submittedAt));
      next = (next + 1) % keep;
      sorted = undefined;
    },
    typicalDelayMs(id) {
      sorted ??= delays.toSorted((a, b) => a - b);
      return sorted[Math.floor(share(id) * sorted.length)] ?? idleDelayMs;
    },
  };
}
