/**
 * Sends a load through the front door as patient people would: so many at once, each waiting and trying again with the
 * same Idempotency-Key when asked to, until it is accepted, refused, or its patience is at an end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { outcomeOf, type FrontDoor, type Reply } from "./front-door.ts";
import type { LoadItem } from "./load-item.ts";

/** One request and its answer: what a ledger keeps. */
export interface Attempt {
  readonly item: LoadItem;
  readonly reply: Reply;
  readonly outcome: ReturnType<typeof outcomeOf>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What became of an item in the end. */
export interface Ending {
  readonly item: LoadItem;
  /** The last answer. */
  readonly reply: Reply;
  /** `refused` is final; `given up` means that patience, or the run, ended first. */
  readonly fate: "accepted" | "refused" | "given up";
  readonly attempts: number;
  /** From the first attempt to the last answer, waits included. */
  readonly milliseconds: number;
}

export interface SenderOptions {
  readonly frontDoor: Pick<FrontDoor, "post">;
  readonly items: Iterable<LoadItem> | AsyncIterable<LoadItem>;
  /** Items that are on their way at once, at least 1. */
  readonly concurrency: number;
  /** Attempts of one item, the first included. Default: 12. */
  readonly maxAttempts?: number;
  /** Aborted: nothing more is begun, what is on its way is awaited, no wait is waited out. */
  readonly signal: AbortSignal;
  /** 0 to 1, for the spread of retries. Default: Math.random. */
  readonly random?: () => number;
  onAttempt?(attempt: Attempt): void;
  onEnding(ending: Ending): void;
}

/** Longest wait that a server can impose, seconds. */
const maxRetryAfterSeconds = 30;
/** Where the server names no time: doubled each time, up to the maximum. */
const firstPauseMs = 250;
const maxPauseMs = 8_000;

function pauseMs({ retryAfterSeconds }: Reply, attempts: number, random: () => number): number {
  if (retryAfterSeconds !== undefined) {
    // Spread over half a second more: all who were told the same second would come back as one.
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
export async function sendLoad(options: SenderOptions): Promise<void> {
  const {
    frontDoor,
    items,
    concurrency,
    maxAttempts = 12,
    signal,
    random = Math.random,
    onAttempt,
    onEnding,
  } = options;
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();

  async function send(item: LoadItem): Promise<void> {
    const began = performance.now();
    for (let attempts = 1; ; attempts += 1) {
      const startedAt = Date.now();
      const reply = await frontDoor.post(item.submission, item.idempotencyKey);
      onAttempt?.({ item, reply, outcome: outcomeOf(reply), startedAt, endedAt: Date.now() });
      const end = (fate: Ending["fate"]) =>
        onEnding({ item, reply, fate, attempts, milliseconds: performance.now() - began });
      if (reply.status === 202) return end("accepted");
      if (!mayBeRepeated(reply)) return end("refused");
      if (attempts >= maxAttempts || signal.aborted) return end("given up");
      await delay(pauseMs(reply, attempts, random), undefined, { signal }).catch(() => {});
      if (signal.aborted) return end("given up");
    }
  }

  let fault: { readonly error: unknown } | undefined;
  async function lane(): Promise<void> {
    while (!signal.aborted && fault === undefined) {
      let next: IteratorResult<LoadItem, unknown>;
      try {
        next = await source.next();
      } catch (error) {
        fault = { error };
        return;
      }
      if (next.done) return;
      await send(next.value);
    }
  }

  await Promise.all(Array.from({ length: concurrency }, lane));
  // A file that is not read to its end has to be closed.
  await source.return?.();
  if (fault !== undefined) throw fault.error;
}
