/**
 * Calls AWS through a circuit breaker until the answer is final: a fault of the system is waited out, however long it
 * lasts, and only one caller at a time tries whether it is over.
 */
import { kindOf } from "../shared/aws-fault.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { describeSystemFault, type Operation } from "../shared/system-fault.ts";

export interface PatientCaller {
  /**
   * @returns true when the call succeeded; false when it did not and trying on is of no use: AWS refuses it as it stands,
   *   or the process stops. Never rejects.
   */
  attempt(operation: Operation, call: () => Promise<unknown>): Promise<boolean>;
  /** From now on nothing is waited for. Calling it again does nothing. */
  close(): void;
}

export function createPatientCaller(breaker: CircuitBreaker): PatientCaller {
  const closing = Promise.withResolvers<void>();
  let closed = false;
  return {
    async attempt(operation, call) {
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
            if (kind === "refused") {
              // An answer is an answer: what was refused is this call, not the system.
              breaker.succeeded();
              return false;
            }
            breaker.failed(describeSystemFault(kind, operation, error));
          }
        }
        if (closed) return false;
        await Promise.race([breaker.untilWorthTrying(), closing.promise]);
      }
      /* oxlint-enable no-await-in-loop */
    },
    close() {
      closed = true;
      closing.resolve();
    },
  };
}
