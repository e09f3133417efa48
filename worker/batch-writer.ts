/**
 * Group commit for table writes: merges the items of all pollers into full calls and gives each its result.
 *
 *     writeAll ──► line ──► calls of up to 25 different keys, `limit` under way ──► results
 *                    ▲                                   │
 *                    └──── back-off with full jitter ◄───┘ throttled, failed
 *
 * No timer: the next call takes what is buffered. DynamoDB rejects a call that names a key twice, so further items with
 * the same key follow the first one, and its result decides theirs where it can.
 *
 * Concurrency adapts as in TCP: halved when throttled, raised by one per round of successful calls. A system error
 * opens the circuit breaker: the buffer is held, and the next call is the probe.
 */
import { dynamoDbLimits } from "../shared/aws/aws-limits.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { SystemError } from "../shared/process/system-error.ts";

/** A result that may differ at the next try. */
export type Transient =
  /** The table has no capacity at this moment. */
  | { readonly kind: "throttled" }
  /** Unknown or transient: worth a retry. */
  | { readonly kind: "failed" }
  /** Nothing can be written until somebody fixes it. */
  | { readonly kind: "system"; readonly systemError: SystemError };

/** Not written in time. It stays in its message, which is redelivered. */
export interface Unfinished {
  readonly kind: "unfinished";
}

export interface BatchWriter<Item, Result> {
  /**
   * @param items any number, with any keys
   * @param deadline on the clock of `now`; time with an open breaker does not count
   * @param onSettled called with each result as soon as it is known
   * @returns a result for each, in order; never rejects
   */
  writeAll(
    items: readonly Item[],
    deadline: number,
    onSettled?: (index: number, result: Result | Unfinished) => void,
  ): Promise<(Result | Unfinished)[]>;
  figures(): WriterFigures;
  /**
   * Stops waiting: what can be written at once is written, what is held or backing off becomes `unfinished`. Safe to
   * repeat.
   */
  close(): void;
}

export interface WriterFigures {
  /** Items buffered or backing off. */
  readonly waiting: number;
  readonly callsInFlight: number;
  /** Current limit of concurrent calls. */
  readonly limit: number;
}

/** What all tables written this way have in common. */
export interface WriterConditions {
  readonly breaker: CircuitBreaker;
  readonly maxCallsInFlight: number;
  /**
   * How long the table may throttle or fail everything before that is a system error. Must be shorter than a deadline.
   */
  readonly standstillTimeoutMs: number;
  readonly describeStandstill: (cause: "throttled" | "failed") => SystemError;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly random: () => number;
}

export interface BatchWriterOptions<Item, Result> extends WriterConditions {
  /** The key that must be unique within a call. */
  readonly keyOf: (item: Item) => string;
  /**
   * One call. @param items 1 to 25, with different keys
   * @returns a result for each, in order; never rejects
   */
  readonly write: (items: readonly Item[]) => Promise<(Result | Transient)[]>;
  /**
   * @returns the result of an item, derived from that of the first with the same key; undefined when it needs its own
   *   call
   */
  readonly follow: (leader: Item, result: Result, follower: Item) => Result | undefined;
  /** Called with the final result of each item that was in a call. */
  readonly onResult: (item: Item, result: Result) => void;
}

/** One `writeAll`. One promise for all items: a promise each would cost as much as validating them. */
interface WriteRequest<Result> {
  /** On the breaker's clock of closed time. */
  readonly deadline: number;
  readonly results: (Result | Unfinished)[];
  open: number;
  readonly settled: PromiseWithResolvers<(Result | Unfinished)[]>;
  readonly onSettled: ((index: number, result: Result | Unfinished) => void) | undefined;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly request: WriteRequest<Result>;
  /** Its index in the request. */
  readonly index: number;
  attempts: number;
  /** Items with the same key, waiting for this one's result. */
  followers: Entry<Item, Result>[] | undefined;
}

const batchSize = dynamoDbLimits.maxBatchStatements;
const unfinished: Unfinished = { kind: "unfinished" };
const firstBackoffMs = 50;
const longestBackoffMs = 5_000;

function settle<Item, Result>({ request, index }: Entry<Item, Result>, result: Result | Unfinished): void {
  if (request.results[index]) return;
  request.results[index] = result;
  request.open -= 1;
  request.onSettled?.(index, result);
  if (request.open === 0) request.settled.resolve(request.results);
}

/** @returns the entries and their followers as independent entries */
function unfollowed<Item, Result>(entries: readonly Entry<Item, Result>[]): Entry<Item, Result>[] {
  return entries.flatMap((entry) => {
    const { followers } = entry;
    entry.followers = undefined;
    return followers ? [entry, ...followers] : [entry];
  });
}

function isTransient(result: { readonly kind: string }): result is Transient {
  const { kind } = result;
  return kind === "throttled" || kind === "failed" || kind === "system";
}

export function createBatchWriter<Item, Result extends { readonly kind: string }>(
  options: BatchWriterOptions<Item, Result>,
): BatchWriter<Item, Result> {
  const { keyOf, write, follow, onResult } = options;
  const { breaker, maxCallsInFlight, standstillTimeoutMs, describeStandstill, now, random } = options;
  type Waiting = Entry<Item, Result>;
  let buffer: Waiting[] = [];
  const backingOff = new Map<NodeJS.Timeout, Waiting[]>();
  let callsInFlight = 0;
  let limit = maxCallsInFlight;
  let lastDecreaseAt = -Infinity;
  /** Since when nothing was stored although several items were tried at once or the table throttled. */
  let standingSince: number | undefined;
  let waitingForBreaker = false;
  let closed = false;

  /** @returns the entries of the next call; empty when all had expired */
  function takeBatch(): Waiting[] {
    const batch = new Map<string, Waiting>();
    // The probe never expires: without it the circuit could not close.
    const time = breaker.state === "closed" ? breaker.closedMs() : -Infinity;
    let taken = 0;
    for (const entry of buffer) {
      if (entry.request.deadline <= time) settle(entry, unfinished);
      else {
        const key = keyOf(entry.item);
        const leader = batch.get(key);
        if (leader) (leader.followers ??= []).push(entry);
        else if (batch.size === batchSize) break;
        else batch.set(key, entry);
      }
      taken += 1;
    }
    buffer.splice(0, taken);
    return [...batch.values()];
  }

  function pump(): void {
    while (buffer.length > 0 && callsInFlight < Math.floor(limit)) {
      if (!breaker.admit()) return hold();
      const batch = takeBatch();
      if (batch.length > 0) void call(batch);
    }
  }

  /** The breaker is open: keep the buffer until a call may be tried. */
  function hold(): void {
    if (closed) {
      for (const entry of buffer) settle(entry, unfinished);
      buffer = [];
      return;
    }
    if (waitingForBreaker) return;
    waitingForBreaker = true;
    void breaker.untilWorthTrying().then(() => {
      waitingForBreaker = false;
      pump();
    });
  }

  async function call(batch: readonly Waiting[]): Promise<void> {
    callsInFlight += 1;
    const results = await write(batch.map((entry) => entry.item));
    callsInFlight -= 1;
    let systemError: SystemError | undefined;
    let throttled = false;
    let progress = false;
    for (const result of results) {
      if (!isTransient(result)) progress = true;
      else if (result.kind === "throttled") throttled = true;
      else if (result.kind === "system") systemError ??= result.systemError;
    }
    // An item that fails alone may itself be the cause, and must not hold up the others.
    const standsStill = !progress && !systemError && (throttled || batch.length > 1);
    if (progress) standingSince = undefined;
    else if (standsStill) standingSince ??= now();
    if (throttled) slowDown();
    else if (!systemError) limit = Math.min(maxCallsInFlight, limit + 1 / limit);
    const standingMs = standingSince === undefined ? 0 : now() - standingSince;
    if (systemError) breaker.failed(systemError);
    else if (standsStill && standingMs > standstillTimeoutMs) {
      breaker.failed(describeStandstill(throttled ? "throttled" : "failed"));
    } else breaker.succeeded();

    const again: Waiting[] = [];
    for (const [index, entry] of batch.entries()) {
      const result = results[index];
      if (!result || isTransient(result)) again.push(entry);
      else settleWithFollowers(entry, result);
    }
    // While the circuit is open one entry must stay buffered, since it is the probe that closes it.
    if (breaker.state === "closed") backOff(again);
    else requeue(again);
    pump();
  }

  function settleWithFollowers(entry: Waiting, result: Result): void {
    const { item, followers } = entry;
    entry.followers = undefined;
    settle(entry, result);
    onResult(item, result);
    if (!followers) return;
    const others: Waiting[] = [];
    for (const follower of followers) {
      const own = follow(item, result, follower.item);
      if (own) settle(follower, own);
      else others.push(follower);
    }
    requeue(others);
  }

  function requeue(entries: readonly Waiting[]): void {
    if (entries.length > 0) buffer = [...unfollowed(entries), ...buffer];
  }

  function slowDown(): void {
    // Concurrent calls are throttled together: halve once for all of them.
    if (now() - lastDecreaseAt < firstBackoffMs) return;
    lastDecreaseAt = now();
    limit = Math.max(1, limit / 2);
  }

  function backOff(entries: readonly Waiting[]): void {
    const willing: Waiting[] = [];
    for (const entry of unfollowed(entries)) {
      entry.attempts += 1;
      if (closed || breaker.closedMs() >= entry.request.deadline) settle(entry, unfinished);
      else willing.push(entry);
    }
    const [first] = willing;
    if (!first) return;
    const longest = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (first.attempts - 1));
    const timer = setTimeout(() => {
      backingOff.delete(timer);
      requeue(willing);
      pump();
    }, random() * longest);
    backingOff.set(timer, willing);
  }

  return {
    writeAll(items, deadline, onSettled) {
      const settled = Promise.withResolvers<(Result | Unfinished)[]>();
      const request: WriteRequest<Result> = {
        deadline: breaker.closedMs() + (deadline - now()),
        results: [],
        open: items.length,
        settled,
        onSettled,
      };
      for (const [index, item] of items.entries())
        buffer.push({ item, request, index, attempts: 0, followers: undefined });
      if (items.length === 0) settled.resolve([]);
      pump();
      return settled.promise;
    },
    figures() {
      let waiting = buffer.length;
      for (const entries of backingOff.values()) waiting += entries.length;
      return { waiting, callsInFlight, limit };
    },
    close() {
      if (closed) return;
      closed = true;
      for (const [timer, entries] of backingOff) {
        clearTimeout(timer);
        for (const entry of entries) settle(entry, unfinished);
      }
      backingOff.clear();
      if (breaker.state !== "closed") hold();
      pump();
    },
  };
}
