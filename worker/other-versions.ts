/**
 * What a worker does with a pack of another version: it hides the message for some minutes, so that a worker that knows the
 * version takes it, as there is one before long in a deployment under way. Not for ever: each receive counts, and before
 * SQS would give the message up for its count, it is dead-lettered for what it is.
 */
import { sqsLimits } from "../shared/aws/aws-limits.ts";
import type { Logger } from "../shared/process/logger.ts";

/** Receives after which it is hidden; fewer than the queue allows, which a test holds against the stack. */
export const hiddenReceives = 8;
const firstHideSeconds = 60;
const longestHideSeconds = 900;
const logEveryMs = 60_000;

/**
 * @param receives of the message, this one included
 * @returns for how long to hide it, in seconds; undefined when it has been hidden often enough: for over an hour in all
 */
export function hideSecondsAfter(receives: number): number | undefined {
  if (receives > hiddenReceives) return undefined;
  return Math.min(firstHideSeconds * 2 ** (receives - 1), longestHideSeconds, sqsLimits.maxVisibilityTimeoutSeconds);
}

/**
 * @param now milliseconds, monotonic
 * @returns told of each pack that is hidden; logs that once a minute, however many there are
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
