/**
 * Estimated wait of a new registration, from the activity of all processes. Cached: a request starts a poll when the
 * last is old, and gets the previous value without waiting.
 */
import type { Backlog } from "../../shared/activity/estimate.ts";

export interface EstimatedWait {
  /** @returns seconds; undefined before the first poll, while nothing is drained, and after an error */
  estimatedWaitSeconds(): number | undefined;
}

export interface EstimatedWaitOptions {
  /** @returns messages on the queue: visible, in flight and delayed */
  readonly countMessages: () => Promise<number>;
  /** @returns the estimate for that many messages */
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
      // Logged by the client (`aws-error-log.ts`).
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
