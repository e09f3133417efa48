/**
 * Calls AWS through a circuit breaker until the answer is final: a system error is waited out, however long it
 * lasts, and only one caller at a time tries whether it is over.
 *
 * A message can ask for hundreds of calls at once. No more than `width` are under way; the others wait for their turn, each
 * no longer than its message's deadline. Without a width they would wait for a socket inside the SDK, whose time-outs
 * would take what this process does to itself for a network that does not answer.
 */
import { kindOf } from "../shared/aws/aws-error.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { describeSystemError, type Operation } from "../shared/process/system-error.ts";

export interface RetryingCaller {
  /**
   * @param deadline until when to wait for a turn, on the clock of `now`; while the breaker is not closed, time does not
   *   count. Default: for as long as it takes.
   * @returns true when the call succeeded; false when it did not and trying on is of no use: AWS rejects it as it stands,
   *   its turn did not come in time, or the process stops. Never rejects.
   */
  attempt(operation: Operation, call: () => Promise<unknown>, deadline?: number): Promise<boolean>;
  /** From now on nothing is waited for. Calling it again does nothing. */
  close(): void;
}

export interface RetryingCallerOptions {
  /** Calls under way at once, those that wait for the breaker included. Default: no bound, for callers that are few. */
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

  /** @returns whether its turn has come in time */
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

  /** Hands the place to the next one that is not too late. */
  function leave(): void {
    for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
      const inTime = turn.deadline > breaker.closedMs();
      turn.come(inTime);
      if (inTime) return;
    }
    underWay -= 1;
  }

  async function tryUntilFinal(operation: Operation, call: () => Promise<unknown>): Promise<boolean> {
    // Each turn waits for the breaker, whose back-off is bounded and jittered.
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
            // An answer is an answer: what was rejected is this call, not the system.
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
