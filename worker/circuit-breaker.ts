/**
 * A circuit breaker for one thing that the worker depends on: while an error of the *system* lasts, nobody pays for it.
 *
 *     closed ──error──► open ──back-off over──► probing ──success──► closed
 *                        ▲                         └──error──► open, with a longer back-off
 *
 * Open means: callers hold what they have. Nothing is dead-lettered, no message is received for which there is no hope,
 * so receive counts do not climb. The probe is the next real call, one at a time, so nothing is written for a test.
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
  /** Told of every change from or to closed; the error is the one that opened it. */
  readonly onChange: (open: boolean, systemError: SystemError) => void;
}

export interface CircuitBreaker {
  readonly state: BreakerState;
  /** The latest error while not closed. */
  readonly systemError: SystemError | undefined;
  /** How long it has been closed in all, milliseconds: a clock for deadlines that a system error must not use up. */
  closedMs(): number;
  /** Whether a call may be made now. While open, exactly one caller is admitted when the back-off is over. */
  admit(): boolean;
  /** Settles when a call to `admit` is worth it, at once while closed; wakes all who wait. */
  untilWorthTrying(): Promise<void>;
  /** Settles when the circuit is closed, at once while it is. */
  untilClosed(): Promise<void>;
  /** The call that was admitted worked. */
  succeeded(): void;
  /** The call that was admitted met a system error. */
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
      // A timer counts from the start of the event loop's turn and so can ring before its time: whoever was woken too
      // early must find another one.
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
      // A call that was under way when the circuit opened says nothing about now; only the probe does.
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
      // Calls that were under way together fail together; that is one error, not many.
      if (state === "open") return;
      const opened = state === "closed";
      if (opened) closedMsBefore += now() - closedSince;
      state = "open";
      systemError = newError;
      const longest = Math.min(maxBackoffMs, minBackoffMs * 2 ** failures);
      failures += 1;
      // "Equal" jitter: at least half of the back-off, so that many workers neither hammer nor march in step.
      const backoffMs = longest / 2 + (random() * longest) / 2;
      retryAt = now() + backoffMs;
      wakeWhenWorthTrying();
      if (opened) onChange(true, newError);
    },
  };
}
