/**
 * Whether SES may be called: the circuit breaker of sends, with what is special about mails. A mail, unlike a write, must
 * not be repeated at will, so before one is sent as the probe the account is asked. Throttling only slows down, until
 * nothing was taken for a while.
 */
import type { CircuitBreaker } from "../circuit-breaker.ts";
import { describeSystemError, type SystemError } from "../../shared/process/system-error.ts";
import { sendOperation, type SendResult } from "./mail-sender.ts";
import type { SendRate } from "./send-rate.ts";

export interface SendAdmission {
  /**
   * Waits until a call may be tried.
   * @param leftMs time left; it counts only while the circuit is closed
   * @returns whether the circuit is closed or this is its probe, whose result `report` or the breaker must be told;
   *   undefined when there is no time left or the process stops
   */
  untilAdmitted(leftMs: () => number): Promise<"closed" | "probe" | undefined>;
  /** Tells rate and breaker how a call went. */
  report(results: readonly SendResult[]): void;
  /** Ends all waits. Safe to repeat. */
  close(): void;
}

export interface SendAdmissionOptions {
  readonly breaker: CircuitBreaker;
  readonly rate: SendRate;
  /** @returns why nothing can be sent, as far as the account says; never rejects */
  readonly accountTrouble: () => Promise<SystemError | undefined>;
  /** How long SES may throttle everything before that is a system error. */
  readonly standstillMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export function createSendAdmission(options: SendAdmissionOptions): SendAdmission {
  const { breaker, rate, accountTrouble, standstillMs, now } = options;
  const closing = Promise.withResolvers<void>();
  let closed = false;
  /** Since when SES has throttled everything. */
  let throttledSince: number | undefined;

  return {
    async untilAdmitted(leftMs) {
      // Each round waits for the breaker, whose back-off is bounded and jittered.
      /* oxlint-disable no-await-in-loop */
      while (!closed) {
        if (breaker.state === "closed") return leftMs() > 0 ? "closed" : undefined;
        if (breaker.admit()) {
          const trouble = await accountTrouble();
          if (!trouble) return "probe";
          breaker.failed(trouble);
        }
        await Promise.race([breaker.untilWorthTrying(), closing.promise]);
      }
      /* oxlint-enable no-await-in-loop */
      return undefined;
    },
    report(results) {
      const system = results.find((result) => result.kind === "system");
      const throttled = results.some(({ kind }) => kind === "throttled");
      const progress = results.some(({ kind }) => kind === "sent" || kind === "rejected");
      if (throttled) rate.throttled();
      else if (progress) rate.succeeded();
      if (progress) throttledSince = undefined;
      else if (throttled) throttledSince ??= now();
      const standingMs = throttledSince === undefined ? 0 : now() - throttledSince;
      if (system) breaker.failed(system.systemError);
      else if (standingMs > standstillMs) {
        breaker.failed(
          describeSystemError("throttled", sendOperation, `nothing was taken for ${Math.round(standingMs / 1_000)} s`),
        );
      } else breaker.succeeded();
    },
    close() {
      closed = true;
      closing.resolve();
    },
  };
}
