/** Whether the worker drains, and if not, why: what `/health` answers. */
import type { CircuitBreaker } from "./circuit-breaker.ts";

export interface Health {
  readonly status: "ok" | "unhealthy";
  /** One line per problem, with its remedy; empty when healthy. */
  readonly causes: readonly string[];
  /** Whether mails are sent; only with mail. Trouble with them is no reason to replace the instance. */
  readonly mail?: { readonly status: "ok" | "paused"; readonly causes: readonly string[] };
}

export interface HealthOptions {
  readonly breakers: Readonly<Record<string, CircuitBreaker>>;
  readonly sinceLastReceiveMs: () => number;
  /** When SQS has answered no receive for this long, polling has stopped silently. */
  readonly watchdogMs: number;
  /** @returns why no mails are sent. Default: there are none. */
  readonly mailCauses?: (() => readonly string[]) | undefined;
}

/** @returns a line for each circuit that is not closed */
export function causesOf(breakers: Readonly<Record<string, CircuitBreaker>>): string[] {
  return Object.entries(breakers)
    .filter(([, breaker]) => breaker.state !== "closed")
    .map(([dependency, breaker]) => `${dependency}: ${breaker.systemError?.message ?? "not available"}`);
}

export function createHealth({ breakers, sinceLastReceiveMs, watchdogMs, mailCauses }: HealthOptions): () => Health {
  return function health() {
    const causes = causesOf(breakers);
    const silentMs = sinceLastReceiveMs();
    if (causes.length === 0 && silentMs > watchdogMs) {
      causes.push(`queue: nothing was received for ${Math.round(silentMs / 1_000)} s, not even an empty answer`);
    }
    const paused = mailCauses?.();
    return {
      status: causes.length === 0 ? "ok" : "unhealthy",
      causes,
      ...(paused && { mail: { status: paused.length === 0 ? "ok" : "paused", causes: paused } }),
    };
  };
}
