/**
 * How long a replay waits for the results of a step. While nothing is drained, a limited silence means that no worker
 * runs. While workers drain a backlog, the step waits behind it: up to twice the estimated time.
 */

export interface ReplayTimeout {
  /** A result arrived: restart the timeout. */
  heard(): void;
  /** @returns whether to stop waiting; never rejects */
  isOver(): Promise<boolean>;
  /** @returns how long nothing arrived and what that means, in words */
  explain(): string;
}

export interface ReplayTimeoutOptions {
  /** Timeout while nothing is drained, seconds. */
  readonly seconds: number;
  /** @returns seconds until the workers finish the current queue; null while they do nothing. Default: unknown. */
  readonly draining?: (() => Promise<number | null>) | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Messages arrive only roughly in order, and the rate changes. */
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
