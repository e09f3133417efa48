/**
 * Packs of another version are hidden for some minutes so that a worker that knows the version takes them, as during a
 * deployment. Each receive counts, so before SQS would give up on the message it is dead-lettered with its own reason.
 */
import { sqsLimits } from "../shared/aws/aws-limits.ts";
import type { Logger } from "../shared/process/logger.ts";

/** Number of receives that hide it; must be below the queue's limit, which a test checks against the stack. */
export const hiddenReceives = 8;
const firstHideSeconds = 60;
const longestHideSeconds = 900;
const logEveryMs = 60_000;

/**
 * @param receives of the message, this one included
 * @returns seconds to hide it; undefined when that was done often enough (over an hour in total)
 */
export function hideSecondsAfter(receives: number): number | undefined {
  if (receives > hiddenReceives) return undefined;
  return Math.min(firstHideSeconds * 2 ** (receives - 1), longestHideSeconds, sqsLimits.maxVisibilityTimeoutSeconds);
}

/**
 * @param now milliseconds, monotonic
 * @returns a function to call per hidden pack; logs once a minute
 */
export function createVersionLog(logger: Logger, now: () => number): () => void {
  let packs = 0;
  let loggedAt = -Infinity;
  return () => {
    packs += 1;
    if (now() - loggedAt < logEveryMs) return;
    loggedAt = now();
    logger.warn({ packs }, "packs of another version: left to workers that know it; deploy the newer worker");
    packs = 0;
  };
}
