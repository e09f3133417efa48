/**
 * How long the queue is, and how long whoever joins it now will wait: one cached look at SQS, however many people ask.
 * The wait is an estimate: packs outstanding ÷ packs drained each second, as seen between two looks. Packs that other
 * instances sent meanwhile are not known here, so it errs on the long side.
 */

export interface BacklogProbe {
  /** @returns seconds; undefined while it cannot be known. Never waits: it starts a look and tells of the one before. */
  estimatedWaitSeconds(): number | undefined;
}

export interface BacklogProbeOptions {
  /** @returns messages on the queue, waiting or in flight */
  readonly countMessages: () => Promise<number>;
  /** @returns packs that this instance has sent since its start */
  readonly packsSent: () => number;
  readonly cacheMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Look {
  readonly at: number;
  readonly messages: number;
  readonly packsSent: number;
}

const longestEstimateSeconds = 3_600;

export function createBacklogProbe({ countMessages, packsSent, cacheMs, now }: BacklogProbeOptions): BacklogProbe {
  let previous: Look | undefined;
  let latest: Look | undefined;
  let looking = false;
  let lastTryAt = -Infinity;

  async function look(): Promise<void> {
    looking = true;
    lastTryAt = now();
    try {
      const messages = await countMessages();
      previous = latest;
      latest = { at: now(), messages, packsSent: packsSent() };
    } catch {
      // Without an answer there is no estimate; readiness and the metrics tell of the fault.
      previous = undefined;
      latest = undefined;
    }
    looking = false;
  }

  return {
    estimatedWaitSeconds() {
      if (!looking && now() - lastTryAt >= cacheMs) void look();
      if (!latest) return undefined;
      if (latest.messages === 0) return 0;
      if (!previous) return undefined;
      const seconds = (latest.at - previous.at) / 1_000;
      const drained = previous.messages + (latest.packsSent - previous.packsSent) - latest.messages;
      if (drained <= 0 || seconds <= 0) return undefined;
      return Math.min(longestEstimateSeconds, Math.ceil((latest.messages * seconds) / drained));
    },
  };
}
