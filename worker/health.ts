/** Whether the worker drains, and if not, why: what `/health` answers. */
import type { CircuitBreaker } from "./circuit-breaker.ts";

export interface Health {
  readonly status: "ok" | "unhealthy";
  /** One line per problem, with its remedy; empty when healthy. */
  readonly causes: readonly string[];
}

export interface HealthOptions {
  readonly breakers: Readonly<Record<string, CircuitBreaker>>;
  readonly sinceLastReceiveMs: () => number;
  /** When SQS has answered no receive for this long, polling has stopped silently. */
  readonly watchdogMs: number;
}

export function createHealth({ breakers, sinceLastReceiveMs, watchdogMs }: HealthOptions): () => Health {
  return function health() {
    const causes = Object.entries(breakers)
      .filter(([, breaker]) => breaker.state !== "closed")
      .map(([dependency, breaker]) => `${dependency}: ${breaker.systemError?.message ?? "not available"}`);
    const silentMs = sinceLastReceiveMs();
    if (causes.length === 0 && silentMs > watchdogMs) {
      causes.push(`queue: nothing was received for ${Math.round(silentMs / 1_000)} s, not even an empty answer`);
    }
    return { status: causes.length === 0 ? "ok" : "unhealthy", causes };
  };
}
