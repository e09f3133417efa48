/**
 * Waits until queues are certainly empty, by their counts: it never receives, since that would raise receive
 * counts and dead-letter messages while the worker is down.
 *
 * Counts are approximate, so one zero proves nothing. Drained means zero messages (visible, delayed, in flight) at
 * every poll for longer than one visibility timeout, within which hidden messages come back. Messages held by a stopped
 * worker count as in flight, so they are not drained (some engines keep counting them until polled). Finally the
 * workers' activity must report no held packs.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { readQueueCounts, readVisibilityTimeoutSeconds, type QueueCounts } from "../../shared/aws/queue-counts.ts";

export interface DrainWaitOptions {
  readonly sqs: SQSClient;
  /** At least one. The first one's visibility timeout is that of all, as the worker uses it. */
  readonly queueUrls: readonly [string, ...string[]];
  /** Longest wait, seconds; 0 polls once, so the answer is always no. */
  readonly timeoutSeconds: number;
  /** @returns how many packs the workers reported to hold in the last so many milliseconds. Default: none. */
  readonly heldPacks?: (sinceMs: number) => Promise<number>;
  readonly signal: AbortSignal;
  /** Called with the remaining messages of all queues. */
  readonly onPoll: (left: { readonly waiting: number; readonly inFlight: number }) => void;
}

const pollIntervalMs = 500;

function sum(counts: readonly QueueCounts[]): { waiting: number; inFlight: number } {
  return {
    waiting: counts.reduce((total, { waiting, delayed }) => total + waiting + delayed, 0),
    inFlight: counts.reduce((total, { inFlight }) => total + inFlight, 0),
  };
}

/**
 * @returns true when the queues are drained, false when time ran out
 * @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when SQS does not answer
 */
export async function waitUntilDrained(options: DrainWaitOptions): Promise<boolean> {
  const { sqs, queueUrls: urls, timeoutSeconds, heldPacks = async () => 0, signal, onPoll } = options;
  const quietMs = (await readVisibilityTimeoutSeconds(sqs, urls[0])) * 1_000;
  const deadline = performance.now() + timeoutSeconds * 1_000;
  let quietSince: number | undefined;

  for (;;) {
    signal.throwIfAborted();
    const askedAt = performance.now();
    const left = sum(await Promise.all(urls.map((url) => readQueueCounts(sqs, url))));
    onPoll(left);
    const now = performance.now();
    if (left.waiting + left.inFlight > 0) quietSince = undefined;
    else quietSince ??= now;
    // Dated by when this poll was started: polls at both ends cover the time between.
    if (quietSince !== undefined && askedAt - quietSince > quietMs) {
      if ((await heldPacks(askedAt - quietSince)) === 0) return true;
      quietSince = undefined;
    }
    if (now >= deadline) return false;
    // Ended by Ctrl-C; the next turn reports it.
    await delay(Math.min(pollIntervalMs, deadline - now), undefined, { signal }).catch(() => {});
  }
}
