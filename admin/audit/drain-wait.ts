/**
 * Waits until both queues are empty beyond doubt. The counts that SQS gives are approximate, so they only say when it is
 * worth to look: drained means that they are 0 and that long polls of both queues then stay empty for longer than one
 * visibility timeout, after which nothing that somebody still held can come back unseen.
 *
 * A message that such a poll catches is visible again after a second, so it costs nobody more than that.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { readQueueCounts, readVisibilityTimeoutSeconds, type QueueCounts } from "../queue-counts.ts";

export interface DrainWaitOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** How long to wait at most, in seconds; 0 looks once, so the answer is always no. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Told of what is still there, in messages, both queues together. */
  readonly onLook: (left: { readonly waiting: number; readonly inFlight: number }) => void;
}

const lookEveryMs = 500;
/** Short, so that Ctrl-C does not have to cut one off: a poll that is cut off can swallow a message. */
const pollSeconds = 2;
const returnAfterSeconds = 1;

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
  const { sqs, queueUrl, deadLetterQueueUrl, timeoutSeconds, signal, onLook } = options;
  const urls = [queueUrl, deadLetterQueueUrl];
  // The worker hides the messages of both queues for the same time, which is that of the registrations queue.
  const quietMs = (await readVisibilityTimeoutSeconds(sqs, queueUrl)) * 1_000;
  const deadline = performance.now() + timeoutSeconds * 1_000;
  let quietSince: number | undefined;

  async function isEmpty(url: string): Promise<boolean> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: pollSeconds,
        VisibilityTimeout: returnAfterSeconds,
      }),
    );
    return Messages.length === 0;
  }

  for (;;) {
    signal.throwIfAborted();
    const left = sum(await Promise.all(urls.map((url) => readQueueCounts(sqs, url))));
    onLook(left);
    const now = performance.now();
    if (now >= deadline) return false;
    if (left.waiting > 0) {
      quietSince = undefined;
      // Cut short by Ctrl-C; the next turn says so.
      await delay(Math.min(lookEveryMs, deadline - now), undefined, { signal }).catch(() => {});
      continue;
    }
    // Polled with something in flight as well: some engines notice only then that its time is up.
    const empty = (await Promise.all(urls.map(isEmpty))).every(Boolean);
    if (!empty || left.inFlight > 0) quietSince = undefined;
    else quietSince ??= now;
    if (quietSince !== undefined && performance.now() - quietSince > quietMs) return true;
  }
}
