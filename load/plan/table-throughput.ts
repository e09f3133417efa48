/**
 * The throughput of an on-demand table: its warm throughput or, later, twice its peak of up to half an hour ago
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html).
 */

export interface TableThroughput {
  /** @returns writes that the table can take in this second */
  available(second: number): number;
  /** Records what was written. */
  write(second: number, count: number): void;
}

/** Of a new on-demand table, writes each second. */
export const newTableWritesPerSecond = 4_000;
const growthWindowSeconds = 1_800;

/** @param warmWritesPerSecond to which the table was warmed; never less than that of a new table */
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
