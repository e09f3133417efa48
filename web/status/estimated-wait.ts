/**
 * How long whoever joins the queue now will wait, by the activity of all processes: one cached look, however many people
 * ask. Nobody waits for a look: who asks starts one when the last is old, and is told of the one before.
 */
import type { Backlog } from "../../shared/activity/estimate.ts";

export interface EstimatedWait {
  /** @returns seconds; undefined while it is not known: before the first look, while nothing is drained, after an error */
  estimatedWaitSeconds(): number | undefined;
}

export interface EstimatedWaitOptions {
  /** @returns messages on the queue: visible, in flight and delayed */
  readonly countMessages: () => Promise<number>;
  /** @returns what they mean */
  readonly estimate: (messages: number) => Promise<Backlog>;
  readonly cacheMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export function createEstimatedWait(options: EstimatedWaitOptions): EstimatedWait {
  const { countMessages, estimate, cacheMs, now } = options;
  let latest: Backlog | undefined;
  let polling = false;
  let lastTryAt = -Infinity;

  async function poll(): Promise<void> {
    polling = true;
    lastTryAt = now();
    try {
      latest = await estimate(await countMessages());
    } catch {
      // The clients' log says why (`aws-error-log.ts`).
      latest = undefined;
    }
    polling = false;
  }

  return {
    estimatedWaitSeconds() {
      if (!polling && now() - lastTryAt >= cacheMs) void poll();
      return latest?.etaSeconds ?? undefined;
    },
  };
}
