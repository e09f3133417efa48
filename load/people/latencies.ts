/** Collects durations and tells their quantiles, exactly: 8 bytes each are few enough for millions. */

export interface Latencies {
  readonly count: number;
  add(milliseconds: number): void;
  /**
   * @param share 0 to 1, such as 0.99
   * @returns the smallest duration that this share of all does not exceed; undefined while there is none
   */
  quantile(share: number): number | undefined;
}

const initialLength = 4_096;

export function createLatencies(): Latencies {
  let values = new Float64Array(initialLength);
  let count = 0;
  let sorted = true;
  return {
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
  };
}
