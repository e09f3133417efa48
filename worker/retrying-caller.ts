/**
 * Calls AWS through a circuit breaker until the answer is final. System errors are waited out, and only one caller at a
 * time probes.
 *
 * At most `width` calls run at once; others wait, at most until their message's deadline. Otherwise they would wait for
 * a socket inside the SDK, whose timeouts would report our own load as a network failure.
 */
import { setTimeout as delay } from "node:timers/promises";
import { kindOf } from "../shared/aws/aws-error.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { describeSystemError, type Operation } from "../shared/process/system-error.ts";

export interface RetryingCaller {
  /**
   * @param deadline until when to wait for a slot, on the clock of `now`; time with an open breaker does not count.
   *   Default: no limit.
   * @returns true when the call succeeded; false when AWS rejects it, no slot came in time, or the process stops. Never
   *   rejects.
   */
  attempt(operation: Operation, call: () => Promise<unknown>, deadline?: number): Promise<boolean>;
  /** Stops all waiting. Safe to repeat. */
  close(): void;
}

export interface RetryingCallerOptions {
  /** Concurrent calls, those waiting for the breaker included. Default: unlimited. */
  readonly width?: number;
  /** Milliseconds, monotonic. Default: the process's own. */
  readonly now?: () => number;
  /**
   * For calls to a table under load: a throttled one is repeated after a back-off with full jitter, until the deadline,
   * and opens no breaker. From 0 (included) to 1 (excluded). Default: throttling is a system error.
   */
  readonly throttlingJitter?: () => number;
  /** Milliseconds of throttling alone after which it is a system error all the same. Default: never. */
  readonly standstillTimeoutMs?: number;
}

const firstThrottledMs = 50;
const longestThrottledMs = 5_000;

interface Turn {
  /** On the breaker's clock of closed time. */
  readonly deadline: number;
  readonly come: (inTime: boolean) => void;
}

export function createRetryingCaller(breaker: CircuitBreaker, options: RetryingCallerOptions = {}): RetryingCaller {
  const { width = Infinity, now = () => performance.now(), throttlingJitter, standstillTimeoutMs = Infinity } = options;
  const closing = Promise.withResolvers<void>();
  let closed = false;
  let underWay = 0;
  let queue: Turn[] = [];
  /** Since when every call was throttled. */
  let throttledSince: number | undefined;

  /** @param deadline on the breaker's clock of closed time. @returns whether it got a slot in time */
  function enter(deadline: number): boolean | Promise<boolean> {
    if (underWay < width) {
      underWay += 1;
      return true;
    }
    if (closed) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    queue.push({ deadline, come: resolve });
    return promise;
  }

  /** Gives the slot to the next caller that has not expired. */
  function leave(): void {
    for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
      const inTime = turn.deadline > breaker.closedMs();
      turn.come(inTime);
      if (inTime) return;
    }
    underWay -= 1;
  }

  async function tryUntilFinal(operation: Operation, call: () => Promise<unknown>, deadline: number): Promise<boolean> {
    let throttledMs = firstThrottledMs;
    // Each round waits for the breaker, whose back-off is bounded and jittered.
    /* oxlint-disable no-await-in-loop */
    for (;;) {
      if (breaker.admit()) {
        try {
          await call();
          throttledSince = undefined;
          breaker.succeeded();
          return true;
        } catch (error) {
          const kind = kindOf(error);
          if (kind === "rejected") {
            // The system works: only this call was rejected.
            breaker.succeeded();
            return false;
          }
          if (kind === "throttled") throttledSince ??= now();
          else throttledSince = undefined;
          const throttledForMs = throttledSince === undefined ? 0 : now() - throttledSince;
          if (kind === "throttled" && throttlingJitter && throttledForMs <= standstillTimeoutMs) {
            breaker.succeeded();
            if (closed || breaker.closedMs() >= deadline) return false;
            await Promise.race([delay(throttlingJitter() * throttledMs), closing.promise]);
            throttledMs = Math.min(longestThrottledMs, throttledMs * 2);
            continue;
          }
          breaker.failed(describeSystemError(kind, operation, error));
        }
      }
      if (closed) return false;
      await Promise.race([breaker.untilWorthTrying(), closing.promise]);
    }
    /* oxlint-enable no-await-in-loop */
  }

  return {
    async attempt(operation, call, deadline = Infinity) {
      const until = breaker.closedMs() + (deadline - now());
      const entered = enter(until);
      if (entered !== true && !(await entered)) return false;
      try {
        return await tryUntilFinal(operation, call, until);
      } finally {
        leave();
      }
    },
    close() {
      closed = true;
      closing.resolve();
      const waiting = queue;
      queue = [];
      for (const turn of waiting) turn.come(false);
    },
  };
}
