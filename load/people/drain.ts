/**
 * Waits until the queues look empty, or nothing moves any more. It is the quick look before the audit: whether all is
 * really there is the audit's to say, which needs no certainty about the queues when it finds everything.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { readQueueCounts } from "../../shared/aws/queue-counts.ts";

export interface DrainOptions {
  readonly sqs: SQSClient;
  readonly queueUrls: readonly string[];
  readonly signal: AbortSignal;
  /** How long the number of messages may stay the same before the wait is given up. */
  readonly stallSeconds: number;
  /** Told of the messages that are left, after each look. */
  onPoll(messages: number): Promise<void> | void;
}

const lookEveryMs = 250;
/** The counts are approximate: one look at an empty queue may be wrong. */
const emptyLooks = 2;

/**
 * @returns true when the queues looked empty several times in a row, false when nothing moved any more
 * @throws the signal's reason; the SDK's error when SQS does not answer
 */
export async function waitWhileDraining(options: DrainOptions): Promise<boolean> {
  const { sqs, queueUrls, signal, stallSeconds, onPoll } = options;
  let empty = 0;
  let least = Infinity;
  let movedAt = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const counts = await Promise.all(queueUrls.map((url) => readQueueCounts(sqs, url)));
    const left = counts.reduce((sum, { waiting, inFlight, delayed }) => sum + waiting + inFlight + delayed, 0);
    await onPoll(left);
    empty = left === 0 ? empty + 1 : 0;
    if (empty >= emptyLooks) return true;
    if (left < least) {
      least = left;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > stallSeconds * 1_000) return false;
    // Cut short by Ctrl-C; the next turn says so.
    await delay(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}
