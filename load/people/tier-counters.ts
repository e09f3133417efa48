/**
 * Follows counters of a tier by its Prometheus page, and says by how much they have grown. A tier that is started again
 * counts from 0; what it had counted since the last look is then missing, and said to be.
 */
import { readMetricsText } from "./metrics-text.ts";

export interface TierCounters {
  /** Looks now. A tier that does not answer is passed over. Never rejects. */
  look(): Promise<void>;
  /** @returns by how much the counter has grown since the first look; undefined where it was never seen */
  grown(name: string): number | undefined;
  /** Whether the tier was started again meanwhile, so that something is missing. */
  readonly restarted: boolean;
}

const timeoutMs = 2_000;
/** Of prom-client's default figures: another one means another process. */
const startTime = "process_start_time_seconds";

/** @param url origin of the tier; undefined for one that cannot be reached from here */
export function createTierCounters(url: string | undefined): TierCounters {
  let last: Map<string, number> | undefined;
  let looking: Promise<void> | undefined;
  const totals = new Map<string, number>();
  let restarted = false;

  async function fetchPage(): Promise<Map<string, number> | undefined> {
    if (url === undefined) return undefined;
    try {
      const response = await fetch(new URL("/metrics", url), { signal: AbortSignal.timeout(timeoutMs) });
      return response.ok ? readMetricsText(await response.text()) : undefined;
    } catch {
      return undefined;
    }
  }

  async function lookOnce(): Promise<void> {
    const page = await fetchPage();
    if (page === undefined) return;
    const anew = last !== undefined && last.get(startTime) !== page.get(startTime);
    if (anew) restarted = true;
    for (const [name, value] of page) {
      const before = anew ? 0 : (last?.get(name) ?? (last === undefined ? value : 0));
      totals.set(name, (totals.get(name) ?? 0) + value - before);
    }
    last = page;
  }

  return {
    look() {
      // One after the other: an older page that is read later would count backwards.
      looking = (looking ?? Promise.resolve()).then(lookOnce);
      return looking;
    },
    grown: (name) => totals.get(name),
    get restarted() {
      return restarted;
    },
  };
}
