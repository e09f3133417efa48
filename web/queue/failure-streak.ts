/**
 * For how long a dependency has failed, judged by what was tried. Time in which nothing was tried proves nothing: a failure
 * that is followed by a quiet minute is one failure, not a minute of them.
 */

export interface FailureStreak {
  begin(): void;
  succeeded(): void;
  failed(): void;
  /** Tries that have begun and have no outcome yet. */
  readonly underWay: number;
  /** Milliseconds from the first failure after the latest success, up to now or, while nothing is tried, to the last failure. */
  failingMs(): number;
  /** For how long the latest try has been under way, milliseconds; 0 while there is none. */
  latestTryMs(): number;
}

/** Without any try for this long, failures before it say nothing about now. */
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
