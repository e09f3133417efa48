/**
 * Calls AWS through a circuit breaker until the answer is final. System errors are waited out, and only one caller at a
 * time probes.
 *
 * At most `width` calls run at once; others wait, at most until their message's deadline. Otherwise they would wait for
 * a socket inside the SDK, whose timeouts would report our own load as a network failure.
 */
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
}

interface Turn {
  /** On the breaker's clock of closed time. */
  readonly deadline: number;
  readonly come: (inTime: boolean) => void;
}

export function createRetryingCaller(breaker: CircuitBreaker, options: RetryingCallerOptions = {}): RetryingCaller {
  const { width = Infinity, now = () => performance.now() } = options;
  const closing = Promise.withResolvers<void>();
  let closed = false;
  let underWay = 0;
  let queue: Turn[] = [];

  /** @returns whether it got a slot in time */
  function enter(deadline: number): boolean | Promise<boolean> {
    if (underWay < width) {
      underWay += 1;
      return true;
    }
    if (closed) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    queue.push({ deadline: breaker.closedMs() + (deadline - now()), come: resolve });
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

  async function tryUntilFinal(operation: Operation, call: () => Promise<unknown>): Promise<boolean> {
    // Each round waits for the breaker, whose back-off is bounded and jittered.
    /* oxlint-disable no-await-in-loop */
    for (;;) {
      if (breaker.admit()) {
        try {
          await call();
          breaker.succeeded();
          return true;
        } catch (error) {
          const kind = kindOf(error);
          if (kind === "rejected") {
            // The system works: only this call was rejected.
            breaker.succeeded();
            return false;
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
      const entered = enter(deadline);
      if (entered !== true && !(await entered)) return false;
      try {
        return await tryUntilFinal(operation, call);
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
