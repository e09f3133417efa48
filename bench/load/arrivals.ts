/**
 * Load of a given rate: arrivals at random moments, as people come, whether or not earlier ones were answered. So a service
 * that falls behind is offered no less for it, and what it makes people wait is counted ("coordinated omission" is when a
 * generator waits along and does not see it).
 */

export interface ArrivalsOrder {
  readonly ratePerSecond: number;
  readonly seconds: number;
}

export interface Second {
  offered: number;
  accepted: number;
  /** 503 and 429. */
  shed: number;
  /** The same without `Retry-After`; there should be none. */
  shedWithoutRetryAfter: number;
  /** Any other answer, broken connections and time-outs. */
  failed: number;
  /** The generator had no connection left to send on: its limit, not the service's. */
  unsent: number;
  /** Of those accepted, milliseconds. */
  p50: number;
  p99: number;
}

export interface ArrivalsResult {
  /** By the second in which they arrived, all outcomes included. */
  readonly seconds: readonly Second[];
  /** Of all that were accepted, milliseconds. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** How late the generator itself was at the worst, milliseconds: above a few tens it is too slow for this rate. */
  readonly worstLagMs: number;
}

export interface Outcome {
  readonly status: number;
  readonly milliseconds: number;
  readonly retryAfterSeconds: number | undefined;
}

/** @returns false when nothing could be sent */
export type SendOne = (index: number, done: (outcome: Outcome) => void) => boolean;

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function emptySecond(): Second {
  return { offered: 0, accepted: 0, shed: 0, shedWithoutRetryAfter: 0, failed: 0, unsent: 0, p50: 0, p99: 0 };
}

/** A fixed sequence of numbers from 0 to 1 (mulberry32): the same arrivals in every run. */
export function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns when the last one was answered */
export async function arrive({ ratePerSecond, seconds }: ArrivalsOrder, send: SendOne): Promise<ArrivalsResult> {
  const dice = createDice(20_260_301);
  const bySecond: Second[] = Array.from({ length: seconds }, emptySecond);
  const waits: number[][] = Array.from({ length: seconds }, () => []);
  const allAnswered = Promise.withResolvers<void>();
  const startedAt = performance.now();
  let nextAt = startedAt;
  let sent = 0;
  let open = 0;
  let worstLagMs = 0;
  let finished = false;

  function note(second: number, { status, milliseconds, retryAfterSeconds }: Outcome): void {
    open -= 1;
    const row = bySecond[second];
    if (row) {
      if (status >= 200 && status < 300) {
        row.accepted += 1;
        waits[second]?.push(milliseconds);
      } else if (status === 503 || status === 429) {
        row.shed += 1;
        if (retryAfterSeconds === undefined) row.shedWithoutRetryAfter += 1;
      } else row.failed += 1;
    }
    if (finished && open === 0) allAnswered.resolve();
  }

  function sendDue(): void {
    const now = performance.now();
    for (; nextAt <= now; nextAt -= (Math.log(1 - dice()) / ratePerSecond) * 1_000) {
      const second = Math.floor((nextAt - startedAt) / 1_000);
      const row = bySecond[second];
      if (!row) {
        finished = true;
        if (open === 0) allAnswered.resolve();
        return;
      }
      worstLagMs = Math.max(worstLagMs, now - nextAt);
      row.offered += 1;
      open += 1;
      if (!send(sent, (outcome) => note(second, outcome))) {
        open -= 1;
        row.unsent += 1;
      }
      sent += 1;
    }
    // Nearer than a timer can be set, so that few arrivals leave together.
    if (nextAt - now > 2) setTimeout(sendDue, nextAt - now - 1);
    else setImmediate(sendDue);
  }

  sendDue();
  await allAnswered.promise;
  for (const [second, row] of bySecond.entries()) {
    const sorted = (waits[second] ?? []).toSorted((a, b) => a - b);
    row.p50 = percentile(sorted, 0.5);
    row.p99 = percentile(sorted, 0.99);
  }
  const all = waits.flat().toSorted((a, b) => a - b);
  return {
    seconds: bySecond,
    latency: {
      p50: percentile(all, 0.5),
      p95: percentile(all, 0.95),
      p99: percentile(all, 0.99),
      max: percentile(all, 1),
    },
    worstLagMs,
  };
}
