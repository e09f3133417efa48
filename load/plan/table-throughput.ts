/**
 * What an on-demand table takes: its warm throughput, or, later, twice of what it took at its peak up to half an hour ago
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html).
 */

export interface TableThroughput {
  /** @returns writes that the table takes in this second */
  available(second: number): number;
  /** Tells what it took. */
  write(second: number, count: number): void;
}

/** Of a new on-demand table, writes each second. */
export const newTableWritesPerSecond = 4_000;
const growthWindowSeconds = 1_800;

/** @param warmWritesPerSecond what the table was warmed to; less than a new table's does not exist */
export function createTableThroughput(warmWritesPerSecond: number): TableThroughput {
  const floor = Math.max(warmWritesPerSecond, newTableWritesPerSecond);
  const written: number[] = [];
  let earlierPeak = 0;
  return {
    available(second) {
      earlierPeak = Math.max(earlierPeak, written[second - growthWindowSeconds] ?? 0);
      return Math.max(floor, 2 * earlierPeak);
    },
    write(second, count) {
      written[second] = count;
    },
  };
}
