/** Collects durations and tells their exact quantiles: at 8 bytes each, millions fit into memory. */

export interface Latencies {
  readonly count: number;
  add(milliseconds: number): void;
  /**
   * @param share 0 to 1, such as 0.99
   * @returns the smallest duration that this share of all does not exceed; undefined while there is none
   */
  quantile(share: number): number | undefined;
  /** @returns the quantile of each share, in tenths of a millisecond; null while there is no duration */
  quantiles<Name extends string>(shares: Readonly<Record<Name, number>>): Record<Name, number | null>;
}

export const tenths = (value: number) => Math.round(value * 10) / 10;

const initialLength = 4_096;

export function createLatencies(): Latencies {
  let values = new Float64Array(initialLength);
  let count = 0;
  let sorted = true;
  const latencies: Latencies = {
    get count() {
      return count;
    },
    add(milliseconds) {
      if (count === values.length) {
        const larger = new Float64Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count] = milliseconds;
      count += 1;
      sorted = false;
    },
    quantile(share) {
      if (!sorted) values.subarray(0, count).sort();
      sorted = true;
      return count === 0 ? undefined : values[Math.max(0, Math.ceil(share * count) - 1)];
    },
    quantiles(shares) {
      const at = (share: number) => {
        const value = latencies.quantile(share);
        return value === undefined ? null : tenths(value);
      };
      const entries = Object.entries<number>(shares).map(([name, share]) => [name, at(share)]);
      return Object.fromEntries(entries) as ReturnType<typeof latencies.quantiles>;
    },
  };
  return latencies;
}
