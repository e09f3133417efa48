/** Reads the Prometheus text that the tiers answer on `/metrics`, as far as a load test needs it. */

const sample = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)$/;

/** @returns the value of each metric, summed over its labels; buckets of histograms are left out */
export function readMetricsText(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = sample.exec(line) ?? [];
    if (name === undefined || name.endsWith("_bucket")) continue;
    values.set(name, (values.get(name) ?? 0) + Number(value));
  }
  return values;
}
