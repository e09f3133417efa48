/** Samples frequent events, so that the log neither becomes a bottleneck nor drowns other entries. */

export interface LogSampler {
  /**
   * Counts one occurrence.
   * @param kind from a small fixed set of words
   * @returns the number since the last log line when one is due, at once and then every ten seconds; else 0
   */
  count(kind: string): number;
}

const everyMs = 10_000;

/** @param now milliseconds, monotonic */
export function createLogSampler(now: () => number): LogSampler {
  const samples = new Map<string, { at: number; since: number }>();
  return {
    count(kind) {
      let sample = samples.get(kind);
      if (!sample) {
        sample = { at: -Infinity, since: 0 };
        samples.set(kind, sample);
      }
      sample.since += 1;
      const at = now();
      if (at - sample.at < everyMs) return 0;
      const { since } = sample;
      sample.at = at;
      sample.since = 0;
      return since;
    },
  };
}
