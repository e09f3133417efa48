/** Reads a tier's metrics, as Prometheus scrapes them. */

/** @returns the sum of a metric over its labels in the text of `/metrics`; 0 where it is not there */
export function metricIn(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) {
      sum += Number(line.slice(line.lastIndexOf(" ") + 1));
    }
  }
  return sum;
}

/** @param tier its URL. @returns the sum of a metric over its labels */
export async function readMetric(tier: string, name: string): Promise<number> {
  const response = await fetch(`${tier}/metrics`, { headers: { connection: "close" } });
  return metricIn(await response.text(), name);
}
