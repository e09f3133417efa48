/**
 * Waits until both queues are empty beyond doubt, by their counts alone: it never receives. A message that is received
 * counts one more delivery, and one that nobody finishes becomes a dead letter by it, so a look by receiving harms those
 * who wait for a worker that is down.
 *
 * The counts are approximate, so one look at nothing proves nothing. Drained means that nothing was counted, waiting,
 * delayed or in flight, in each look for longer than one visibility timeout: whatever somebody held unseen has come back in
 * that time, and was counted. A message in flight with a worker that has stopped is counted for as long as it is there, so
 * that is not drained (some engines even count it in flight after its time, until somebody polls). In the end the workers'
 * own word has to agree: that none of them holds a pack.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { readQueueCounts, readVisibilityTimeoutSeconds, type QueueCounts } from "../../shared/aws/queue-counts.ts";

export interface DrainWaitOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** How long to wait at most, in seconds; 0 looks once, so the answer is always no. */
  readonly timeoutSeconds: number;
  /** @returns how many packs the workers have said in this time, in milliseconds, that they hold */
  readonly heldPacks: (sinceMs: number) => Promise<number>;
  readonly signal: AbortSignal;
  /** Told of what is still there, in messages, both queues together. */
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
 * @returns true when both queues are drained, false when the time was up before that was certain
 * @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when SQS does not answer
 */
export async function waitUntilDrained(options: DrainWaitOptions): Promise<boolean> {
  const { sqs, queueUrl, deadLetterQueueUrl, timeoutSeconds, heldPacks, signal, onPoll } = options;
  const urls = [queueUrl, deadLetterQueueUrl];
  // The worker hides the messages of both queues for the same time, which is that of the registrations queue.
  const quietMs = (await readVisibilityTimeoutSeconds(sqs, queueUrl)) * 1_000;
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
    // By the moment when this look was asked for: the time in between is covered by looks at both of its ends.
    if (quietSince !== undefined && askedAt - quietSince > quietMs) {
      if ((await heldPacks(askedAt - quietSince)) === 0) return true;
      quietSince = undefined;
    }
    if (now >= deadline) return false;
    // Cut short by Ctrl-C; the next turn says so.
    await delay(Math.min(pollIntervalMs, deadline - now), undefined, { signal }).catch(() => {});
  }
}
