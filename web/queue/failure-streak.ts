/**
 * How long a dependency has been failing, measured by the calls made. Idle time proves nothing: one failure before a
 * quiet minute is one failure, not a minute of them.
 */

export interface FailureStreak {
  begin(): void;
  succeeded(): void;
  failed(): void;
  /** Calls without a result yet. */
  readonly underWay: number;
  /** Milliseconds from the first failure since the last success until now or, when idle, until the last failure. */
  failingMs(): number;
  /** Age of the latest call without a result, milliseconds; 0 when there is none. */
  latestTryMs(): number;
}

/** After this long without calls, earlier failures no longer count. */
const forgottenMs = 1_000;

/** @param now milliseconds, monotonic */
export function createFailureStreak(now: () => number): FailureStreak {
  let underWay = 0;
  let failingSince: number | undefined;
  let lastFailedAt = 0;
  let lastTryAt = 0;

  function isForgotten(at: number): boolean {
    return underWay === 0 && at - lastFailedAt > forgottenMs;
  }

  return {
    begin() {
      lastTryAt = now();
      if (failingSince !== undefined && isForgotten(lastTryAt)) failingSince = undefined;
      underWay += 1;
    },
    succeeded() {
      underWay -= 1;
      failingSince = undefined;
    },
    failed() {
      underWay -= 1;
      lastFailedAt = now();
      failingSince ??= lastFailedAt;
    },
    get underWay() {
      return underWay;
    },
    failingMs() {
      if (failingSince === undefined) return 0;
      if (underWay > 0) return now() - failingSince;
      return isForgotten(now()) ? 0 : lastFailedAt - failingSince;
    },
    latestTryMs: () => (underWay === 0 ? 0 : now() - lastTryAt),
  };
}
