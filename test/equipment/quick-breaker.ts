/** A breaker whose back-offs last milliseconds, for tests of what stands behind one. */
import { createCircuitBreaker, type CircuitBreaker } from "../../worker/circuit-breaker.ts";

export function createQuickBreaker(now = () => performance.now()): CircuitBreaker {
  return createCircuitBreaker({
    now,
    random: () => 0,
    minBackoffMs: 5,
    maxBackoffMs: 20,
    onChange: () => {},
  });
}
