/**
 * Puts replays on the registrations queue: several in one pack, and not faster than asked.
 */
import { setTimeout as delay } from "node:timers/promises";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import {
  joinPack,
  maxPackBytes,
  maxPackRegistrations,
  packCountAttribute,
  packFrameBytes,
} from "../registration-pack.ts";

export interface ReplaySenderOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Registrations a second, on average. */
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
  /** Told of each pack that SQS has confirmed: how many registrations are in it. */
  readonly onPack?: (registrations: number) => void;
}

export interface ReplaySender {
  /**
   * Sends items of which `encodedOf` is the text, and tells of each pack as soon as SQS has confirmed it.
   * @throws TURNOUT_INTERRUPTED, by the signal, before a pack; the SDK's error when one was not confirmed
   */
  send<Item>(
    items: readonly Item[],
    encodedOf: (item: Item) => string,
    onConfirmed: (items: readonly Item[]) => Promise<void>,
  ): Promise<void>;
}

/** Packs hold no more than this share of a second's rate, so that a low rate is not sent in rare bursts. */
const packSeconds = 0.5;

export function createReplaySender(options: ReplaySenderOptions): ReplaySender {
  const { sqs, queueUrl, ratePerSecond, signal, onPack } = options;
  const maxItems = Math.max(1, Math.min(maxPackRegistrations, Math.floor(ratePerSecond * packSeconds)));
  /** When the next pack may leave, milliseconds on the monotonic clock. */
  let nextAt = 0;

  async function waitForTurn(registrations: number): Promise<void> {
    const now = performance.now();
    if (nextAt > now) await delay(nextAt - now, undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
    nextAt = Math.max(nextAt, now) + (registrations / ratePerSecond) * 1_000;
  }

  return {
    async send(items, encodedOf, onConfirmed) {
      let start = 0;
      while (start < items.length) {
        const texts: string[] = [];
        let bytes = packFrameBytes;
        for (const item of items.slice(start, start + maxItems)) {
          const text = encodedOf(item);
          bytes += Buffer.byteLength(text) + 1;
          if (texts.length > 0 && bytes > maxPackBytes) break;
          texts.push(text);
        }
        await waitForTurn(texts.length);
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: joinPack(texts),
            MessageAttributes: { [packCountAttribute]: { DataType: "Number", StringValue: String(texts.length) } },
          }),
        );
        onPack?.(texts.length);
        await onConfirmed(items.slice(start, start + texts.length));
        start += texts.length;
      }
    },
  };
}
