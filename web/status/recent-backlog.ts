/**
 * The backlog by the activity of all processes, polled at most once in `cacheMs` and only when somebody asks: however
 * many ask, the tables are read once.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Backlog } from "../../shared/activity/estimate.ts";

export interface BacklogReading extends Backlog {
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}

export interface RecentBacklog {
  /**
   * Never waits: the value may be as old as the last request.
   * @returns wait of a new registration, seconds; undefined before the first poll, while nothing is drained, and after an
   *   error
   */
  estimatedWaitSeconds(): number | undefined;
  /** Waits for a poll, a moment at most, if the last is old. @returns undefined when it is not known */
  read(): Promise<BacklogReading | undefined>;
}

export interface RecentBacklogOptions {
  /** @returns messages on the queue: visible, in flight and delayed */
  readonly countMessages: () => Promise<number>;
  /** @returns the estimate for that many messages */
  readonly estimate: (messages: number) => Promise<Backlog>;
  readonly cacheMs: number;
  /** How long a reader waits for a poll. Default: 1 s. */
  readonly patienceMs?: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** An older poll says nothing about the present. */
const recentMs = 5_000;

export function createRecentBacklog(options: RecentBacklogOptions): RecentBacklog {
  const { countMessages, estimate, cacheMs, patienceMs = 1_000, now, wallClock } = options;
  let latest: BacklogReading | undefined;
  let polling: Promise<void> | undefined;
  let lastTryAt = -Infinity;
  let settledAt = -Infinity;

  async function poll(): Promise<void> {
    const readAt = wallClock();
    try {
      latest = { ...(await estimate(await countMessages())), readAt };
    } catch {
      // Logged by the client (`aws-error-log.ts`).
      latest = undefined;
    }
    settledAt = now();
  }

  function pollIfDue(): void {
    if (polling || now() - lastTryAt < cacheMs) return;
    lastTryAt = now();
    polling = poll().finally(() => (polling = undefined));
  }

  const isRecent = () => now() - settledAt <= recentMs;

  return {
    estimatedWaitSeconds() {
      pollIfDue();
      return latest?.etaSeconds ?? undefined;
    },
    async read() {
      pollIfDue();
      if (!isRecent()) await Promise.race([polling, delay(patienceMs)]);
      return isRecent() ? latest : undefined;
    },
  };
}
