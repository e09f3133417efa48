/**
 * Follows the counters of a tier by its `/metrics` page and tells by how much they grew. A tier that is restarted counts
 * from 0 again; what it counted since the last poll is then missing, and `restarted` says so.
 */

export interface TierCounters {
  /** Polls now; a tier that does not answer is skipped. Never rejects. */
  poll(): Promise<void>;
  /** @returns by how much the counter has grown since the first poll; undefined if it was never seen */
  grown(name: string): number | undefined;
  readonly restarted: boolean;
}

const timeoutMs = 2_000;
/** One of prom-client's default metrics: another value means another process. */
const startTime = "process_start_time_seconds";
const sample = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)$/;

/** @returns the value of each metric, summed over its labels */
function readMetrics(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = sample.exec(line) ?? [];
    if (name !== undefined) values.set(name, (values.get(name) ?? 0) + Number(value));
  }
  return values;
}

/** @param url origin of the tier; undefined for one that cannot be reached from here */
export function createTierCounters(url: string | undefined): TierCounters {
  let last: Map<string, number> | undefined;
  let polling: Promise<void> | undefined;
  const totals = new Map<string, number>();
  let restarted = false;

  async function fetchMetrics(): Promise<Map<string, number> | undefined> {
    if (url === undefined) return undefined;
    try {
      const response = await fetch(new URL("/metrics", url), { signal: AbortSignal.timeout(timeoutMs) });
      return response.ok ? readMetrics(await response.text()) : undefined;
    } catch {
      return undefined;
    }
  }

  async function pollOnce(): Promise<void> {
    const current = await fetchMetrics();
    if (current === undefined) return;
    const anew = last !== undefined && last.get(startTime) !== current.get(startTime);
    if (anew) restarted = true;
    for (const [name, value] of current) {
      const before = anew ? 0 : (last?.get(name) ?? (last === undefined ? value : 0));
      totals.set(name, (totals.get(name) ?? 0) + value - before);
    }
    last = current;
  }

  return {
    poll() {
      // One at a time: an older page that arrives later would count backwards.
      polling = (polling ?? Promise.resolve()).then(pollOnce);
      return polling;
    },
    grown: (name) => totals.get(name),
    get restarted() {
      return restarted;
    },
  };
}
