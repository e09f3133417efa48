/**
 * Sends replays to the registrations queue in packs, at a limited rate. Each pack is claimed just before it is sent.
 */
import { setTimeout as delay } from "node:timers/promises";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { kindOf } from "../aws/aws-error.ts";
import {
  joinPack,
  maxPackBytes,
  maxPackRegistrations,
  packCountAttribute,
  packFrameBytes,
} from "../registration/registration-pack.ts";

export interface ReplaySenderOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Registrations per second, on average. */
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
  /** Called per confirmed pack with its number of registrations. */
  readonly onPack?: (registrations: number) => void;
}

/** Steps around the send of each pack. */
export interface PackSteps<Item> {
  /** @returns an item's text as in a pack */
  readonly encodedOf: (item: Item) => string;
  /** @returns those that may be sent. When it rejects, nothing is sent. */
  readonly claim: (items: readonly Item[]) => Promise<readonly Item[]>;
  /** Called once SQS has confirmed a pack. */
  readonly onConfirmed: (items: readonly Item[]) => Promise<void>;
  /**
   * Called when it did not. `accepted`: `no` when SQS or this machine definitely rejected it; `unknown` when there was
   * no answer and it may be on the queue.
   */
  readonly onFailed: (items: readonly Item[], accepted: "no" | "unknown") => Promise<void>;
}

export interface ReplaySender {
  /**
   * @throws TURNOUT_INTERRUPTED, by the signal, before a pack; the error of `claim`; the SDK's error when a send was
   *   not confirmed
   */
  send<Item>(items: readonly Item[], steps: PackSteps<Item>): Promise<void>;
}

/** A pack holds at most this share of a second's rate, so that low rates are not sent in bursts. */
const packSeconds = 0.5;

/**
 * Sends and knows whether any attempt may have been accepted: the SDK retries, and a rejected attempt says nothing
 * about an earlier one without an answer.
 */
async function sendSurely(sqs: SQSClient, command: SendMessageCommand): Promise<void> {
  /** Attempts not rejected: without any, nothing is on the queue. */
  let doubtful = 0;
  command.middlewareStack.add(
    (next) => async (args) => {
      doubtful += 1;
      try {
        return await next(args);
      } catch (error) {
        if (kindOf(error) !== "unreachable") doubtful -= 1;
        throw error;
      }
    },
    // Around each attempt and its answer.
    { step: "deserialize", priority: "high", name: "countDoubtful" },
  );
  try {
    await sqs.send(command);
  } catch (error) {
    throw new SendFailed(doubtful > 0 ? "unknown" : "no", error);
  }
}

class SendFailed extends Error {
  readonly accepted: "no" | "unknown";

  constructor(accepted: "no" | "unknown", cause: unknown) {
    super("a pack of replays was not confirmed", { cause });
    this.accepted = accepted;
  }
}

export function createReplaySender(options: ReplaySenderOptions): ReplaySender {
  const { sqs, queueUrl, ratePerSecond, signal, onPack } = options;
  const maxItems = Math.max(1, Math.min(maxPackRegistrations, Math.floor(ratePerSecond * packSeconds)));
  /** When the next pack may be sent, milliseconds on the monotonic clock. */
  let nextAt = 0;

  async function waitForTurn(registrations: number): Promise<void> {
    const now = performance.now();
    if (nextAt > now) await delay(nextAt - now, undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
    nextAt = Math.max(nextAt, now) + (registrations / ratePerSecond) * 1_000;
  }

  /** @returns how many of the first items fit into a pack: at least 1 */
  function fitting<Item>(items: readonly Item[], encodedOf: (item: Item) => string): number {
    let bytes = packFrameBytes;
    let count = 0;
    for (const item of items) {
      bytes += Buffer.byteLength(encodedOf(item)) + 1;
      if (count > 0 && bytes > maxPackBytes) break;
      count += 1;
    }
    return count;
  }

  function commandOf(texts: readonly string[]): SendMessageCommand {
    return new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: joinPack(texts),
      MessageAttributes: { [packCountAttribute]: { DataType: "Number", StringValue: String(texts.length) } },
    });
  }

  return {
    async send(items, { encodedOf, claim, onConfirmed, onFailed }) {
      let start = 0;
      while (start < items.length) {
        const some = items.slice(start, start + maxItems);
        const pack = some.slice(0, fitting(some, encodedOf));
        await waitForTurn(pack.length);
        const claimed = await claim(pack);
        if (claimed.length > 0) {
          try {
            // Not aborted by the signal: what is claimed is sent.
            await sendSurely(sqs, commandOf(claimed.map(encodedOf)));
          } catch (error) {
            if (!(error instanceof SendFailed)) throw error;
            await onFailed(claimed, error.accepted);
            throw error.cause;
          }
          onPack?.(claimed.length);
          await onConfirmed(claimed);
        }
        start += pack.length;
      }
    },
  };
}
