/**
 * How long a replay waits for what comes of a step. While nothing is drained, a bounded silence says that no worker runs;
 * while the workers drain a backlog, the step stands at its end, and silence is what is to be expected: then the wait is
 * as long as the backlog is, and twice that at most.
 */

export interface ReplayTimeout {
  /** Something came of the step: the silence begins anew. */
  heard(): void;
  /** @returns whether it is no use to wait any longer; never rejects */
  isOver(): Promise<boolean>;
  /** @returns in words, how long nothing was heard and what that means */
  explain(): string;
}

export interface ReplayTimeoutOptions {
  /** How long nothing may be heard, in seconds, while nothing is drained. */
  readonly seconds: number;
  /**
   * @returns in how many seconds the workers will have done what is on the queue now; null while they do nothing. Default:
   *   nothing is known of them.
   */
  readonly draining?: (() => Promise<number | null>) | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Messages come about in order, and the pace changes. */
const slack = 2;

export function createReplayTimeout({ seconds, draining, now }: ReplayTimeoutOptions): ReplayTimeout {
  let heardAt = now();
  let askAgainAt = heardAt + seconds * 1_000;
  let longestSeconds: number | undefined;
  let drains = false;

  async function waitSeconds(): Promise<number | null> {
    try {
      return (await draining?.()) ?? null;
    } catch {
      return null;
    }
  }

  return {
    heard() {
      heardAt = now();
      askAgainAt = heardAt + seconds * 1_000;
      longestSeconds = undefined;
    },
    async isOver() {
      if (now() < askAgainAt) return false;
      const wait = await waitSeconds();
      drains = wait !== null;
      // With an empty queue there is nothing to wait for.
      if (wait === null || wait <= 0) return true;
      longestSeconds ??= seconds + slack * wait;
      askAgainAt = now() + seconds * 1_000;
      return now() - heardAt >= longestSeconds * 1_000;
    },
    explain() {
      const silence = `had no outcome within ${Math.round((now() - heardAt) / 1_000)} s`;
      return drains ? `${silence}, although the workers drain the queue` : `${silence}. Does the worker run?`;
    },
  };
}
