/**
 * A closed load: a fixed number of people at once, the next one coming when one is done. Each retries with the same
 * Idempotency-Key when asked to, until the registration is accepted or rejected, or the attempts are used up.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { LoadItem } from "../people/load-item.ts";
import { attempt as post, type Attempt, type RegistrationClient, type Reply } from "./registration-client.ts";

/** What became of an item in the end. */
export interface Ending {
  readonly item: LoadItem;
  /** The last answer. */
  readonly reply: Reply;
  /** `rejected` is final; `given up` means that the attempts, or the run, ended first. */
  readonly fate: "accepted" | "rejected" | "given up";
  readonly attempts: number;
  /** From the first attempt to the last answer, waits included. */
  readonly milliseconds: number;
}

export interface ClosedLoadOptions {
  readonly client: Pick<RegistrationClient, "post">;
  readonly items: Iterable<LoadItem> | AsyncIterable<LoadItem>;
  /** Items under way at once, at least 1. */
  readonly concurrency: number;
  /** Attempts of one item, the first included. Default: 12. */
  readonly maxAttempts?: number;
  /** Once aborted, nothing more is started, what is under way is awaited, and no pause is waited out. */
  readonly signal: AbortSignal;
  /** 0 to 1, for the spread of retries. Default: Math.random. */
  readonly random?: () => number;
  onAttempt?(attempt: Attempt): void;
  onEnding(ending: Ending): void;
}

/** Longest pause that a server can ask for. */
const maxRetryAfterSeconds = 30;
/** If the server names no time: doubled each time, up to the maximum. */
const firstPauseMs = 250;
const maxPauseMs = 8_000;

function pauseMs({ retryAfterSeconds }: Reply, attempts: number, random: () => number): number {
  if (retryAfterSeconds !== undefined) {
    // Spread over half a second more, or all who were told the same second would come back at once.
    return Math.min(retryAfterSeconds, maxRetryAfterSeconds) * 1_000 + random() * 500;
  }
  return Math.min(maxPauseMs, firstPauseMs * 2 ** (attempts - 1)) * (0.5 + random() / 2);
}

function mayBeRepeated({ status }: Reply): boolean {
  return status === null || status === 408 || status === 429 || status >= 500;
}

/**
 * @returns when every item has come to its ending, or the signal was given
 * @throws what `items` throws
 */
export async function sendLoad(options: ClosedLoadOptions): Promise<void> {
  const { client, items, concurrency, maxAttempts = 12, signal, random = Math.random, onAttempt, onEnding } = options;
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();

  async function send(item: LoadItem): Promise<void> {
    const began = performance.now();
    for (let attempts = 1; ; attempts += 1) {
      const attempt = await post(client, item);
      const { reply } = attempt;
      onAttempt?.(attempt);
      const end = (fate: Ending["fate"]) =>
        onEnding({ item, reply, fate, attempts, milliseconds: performance.now() - began });
      if (reply.status === 202) return end("accepted");
      if (!mayBeRepeated(reply)) return end("rejected");
      if (attempts >= maxAttempts || signal.aborted) return end("given up");
      await delay(pauseMs(reply, attempts, random), undefined, { signal }).catch(() => {});
      if (signal.aborted) return end("given up");
    }
  }

  let failure: { readonly error: unknown } | undefined;
  async function lane(): Promise<void> {
    while (!signal.aborted && failure === undefined) {
      let next: IteratorResult<LoadItem, unknown>;
      try {
        next = await source.next();
      } catch (error) {
        failure = { error };
        return;
      }
      if (next.done) return;
      await send(next.value);
    }
  }

  await Promise.all(Array.from({ length: concurrency }, lane));
  // Closes a file that was not read to its end.
  await source.return?.();
  if (failure !== undefined) throw failure.error;
}
