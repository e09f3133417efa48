/** Counts rejections and logs a sample of them, since a rush must not make the log the next bottleneck. */
import type { ErrorCode } from "../../shared/errors.ts";
import type { Logger } from "../../shared/process/logger.ts";
import { createLogSampler } from "../http/log-sampler.ts";
import { serverErrorCodes } from "../http/problem.ts";
import type { WebMetrics } from "../metrics.ts";

export interface Rejections {
  /**
   * @param code the request was rejected with
   * @param reason a fixed word, never anything from the request
   */
  count(code: ErrorCode, reason?: string): void;
}

/** @param now milliseconds, monotonic */
export function createRejections(metrics: WebMetrics, logger: Logger, now: () => number): Rejections {
  const sampler = createLogSampler(now);
  const counters = new Map<ErrorCode, { inc(): void }>();

  function counterOf(code: ErrorCode): { inc(): void } {
    let counter = counters.get(code);
    if (!counter) {
      counter = metrics.rejected.labels(code);
      counters.set(code, counter);
    }
    return counter;
  }

  // Shown from the start: a rate needs a first value, or it would miss the first error.
  for (const code of serverErrorCodes) metrics.rejected.labels(code).inc(0);

  return {
    count(code, reason) {
      counterOf(code).inc();
      const since = sampler.count(reason === undefined ? code : `${code} ${reason}`);
      if (since > 0) logger.warn({ code, reason, count: since }, "rejected");
    },
  };
}
