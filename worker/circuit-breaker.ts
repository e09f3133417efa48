/**
 * Circuit breaker for one dependency of the worker: a system error costs no message a receive.
 *
 *     closed ──error──► open ──back-off over──► probing ──success──► closed
 *                        ▲                         └──error──► open, with a longer back-off
 *
 * While open, callers hold what they have: nothing is dead-lettered or received, so receive counts do not rise. The
 * probe is the next real call, one at a time.
 */
import type { SystemError } from "../shared/process/system-error.ts";

export type BreakerState = "closed" | "open" | "probing";

export interface BreakerOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Called on each change from or to closed, with the error that opened it. */
  readonly onChange: (open: boolean, systemError: SystemError) => void;
}

export interface CircuitBreaker {
  readonly state: BreakerState;
  /** The latest error; undefined while closed. */
  readonly systemError: SystemError | undefined;
  /** Total time closed, milliseconds: the clock for deadlines that an outage must not consume. */
  closedMs(): number;
  /** Whether a call may be made now. While open, one caller is admitted after the back-off. */
  admit(): boolean;
  /** Resolves when `admit` may succeed, at once while closed. Wakes all waiting callers. */
  untilWorthTrying(): Promise<void>;
  /** Resolves when the circuit is closed. */
  untilClosed(): Promise<void>;
  /** The admitted call succeeded. */
  succeeded(): void;
  /** The admitted call met a system error. */
  failed(systemError: SystemError): void;
}

export function createCircuitBreaker(options: BreakerOptions): CircuitBreaker {
  const { now, random, minBackoffMs, maxBackoffMs, onChange } = options;
  let state: BreakerState = "closed";
  let systemError: SystemError | undefined;
  let failures = 0;
  let retryAt = 0;
  let closedMsBefore = 0;
  let closedSince = now();
  let wake: PromiseWithResolvers<void> | undefined;
  let recovery: PromiseWithResolvers<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function wakeAll(): void {
    clearTimeout(timer);
    timer = undefined;
    wake?.resolve();
    wake = undefined;
  }

  function wakeWhenWorthTrying(): void {
    clearTimeout(timer);
    timer = setTimeout(wakeAll, Math.max(0, retryAt - now()) + 1);
  }

  return {
    get state() {
      return state;
    },
    get systemError() {
      return systemError;
    },
    closedMs: () => (state === "closed" ? closedMsBefore + now() - closedSince : closedMsBefore),
    admit() {
      if (state === "closed") return true;
      if (state === "probing" || now() < retryAt) return false;
      state = "probing";
      return true;
    },
    untilWorthTrying() {
      if (state === "closed") return Promise.resolve();
      if (state === "open" && now() >= retryAt) return Promise.resolve();
      // Timers can fire slightly early; whoever was woken too early needs another one.
      if (state === "open" && timer === undefined) wakeWhenWorthTrying();
      wake ??= Promise.withResolvers<void>();
      return wake.promise;
    },
    untilClosed() {
      if (state === "closed") return Promise.resolve();
      recovery ??= Promise.withResolvers<void>();
      return recovery.promise;
    },
    succeeded() {
      if (state === "closed" || !systemError) return;
      // Only the probe's result counts now, not that of calls made before the circuit opened.
      if (state === "open") return;
      const overcome = systemError;
      state = "closed";
      closedSince = now();
      failures = 0;
      systemError = undefined;
      wakeAll();
      recovery?.resolve();
      recovery = undefined;
      onChange(false, overcome);
    },
    failed(newError) {
      // Concurrent calls fail together: one error, not many.
      if (state === "open") return;
      const opened = state === "closed";
      if (opened) closedMsBefore += now() - closedSince;
      state = "open";
      systemError = newError;
      const longest = Math.min(maxBackoffMs, minBackoffMs * 2 ** failures);
      failures += 1;
      // "Equal" jitter, at least half of the back-off, keeps many workers out of step.
      const backoffMs = longest / 2 + (random() * longest) / 2;
      retryAt = now() + backoffMs;
      wakeWhenWorthTrying();
      if (opened) onChange(true, newError);
    },
  };
}
