/**
 * A group commit for table writes: merges the items of all pollers into full calls, and tells each what became of it.
 *
 *     writeAll ──► line ──► calls of up to 25 different keys, `limit` under way ──► results
 *                    ▲                                   │
 *                    └──── back-off with full jitter ◄───┘ throttled, failed
 *
 * There is no timer: the next call takes what waits. A second item with a key that is already in the same call follows the
 * first one instead of standing in it, for DynamoDB rejects a call that names one key twice. What became of the first one
 * tells what becomes of its followers, however many they are; only where it doesn't do they ask for themselves.
 *
 * How many calls are under way adapts as TCP does: halved when the table throttles, raised by one for each round of
 * calls that went well. A system error opens the circuit breaker: then the line is held, for as long as it takes,
 * and the next call is the probe.
 */
import { dynamoDbLimits } from "../shared/aws/aws-limits.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { SystemError } from "../shared/process/system-error.ts";

/** What a call says of an item when that may be different the next time. */
export type Transient =
  /** The table has no room at this moment. */
  | { readonly kind: "throttled" }
  /** Unknown or passing: worth another try. */
  | { readonly kind: "failed" }
  /** Nothing can be written at all until somebody mends it. */
  | { readonly kind: "system"; readonly systemError: SystemError };

/** Not written in time. It stays in its message, which comes again. */
export interface Unfinished {
  readonly kind: "unfinished";
}

export interface BatchWriter<Item, Result> {
  /**
   * @param items any number, with any keys
   * @param deadline when to give up, on the clock of `now`; while the breaker is not closed, time does not count
   * @param onSettled told of each result as soon as it is there, of the others still being open
   * @returns a result for each, in order; never rejects
   */
  writeAll(
    items: readonly Item[],
    deadline: number,
    onSettled?: (index: number, result: Result | Unfinished) => void,
  ): Promise<(Result | Unfinished)[]>;
  figures(): WriterFigures;
  /**
   * From now on nothing is waited for: what can be written at once is, what is held or backs off comes out `unfinished`.
   * Calling it again does nothing.
   */
  close(): void;
}

export interface WriterFigures {
  /** Items in line or backing off. */
  readonly waiting: number;
  readonly callsInFlight: number;
  /** Calls that may be under way at once at this moment. */
  readonly limit: number;
}

/** What is the same for every table that is written so. */
export interface WriterConditions {
  readonly breaker: CircuitBreaker;
  readonly maxCallsInFlight: number;
  /** How long the table may throttle or fail everything before that counts as a system error. Below a deadline. */
  readonly standstillTimeoutMs: number;
  readonly describeStandstill: (cause: "throttled" | "failed") => SystemError;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly random: () => number;
}

export interface BatchWriterOptions<Item, Result> extends WriterConditions {
  /** What no two items of one call may have in common. */
  readonly keyOf: (item: Item) => string;
  /**
   * One call. @param items 1 to 25, with different keys
   * @returns a result for each, in order; never rejects
   */
  readonly write: (items: readonly Item[]) => Promise<(Result | Transient)[]>;
  /** @returns what becomes of an item, told by what became of the one with the same key; undefined when it has to ask */
  readonly follow: (leader: Item, result: Result, follower: Item) => Result | undefined;
  /** Told of what `write` said of an item in the end, once for each item that stood in a call. */
  readonly onResult: (item: Item, result: Result) => void;
}

/** What `writeAll` was given at once: one promise for all of it, since one for each would cost as much as checking it. */
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
  /** Its place in the order. */
  readonly index: number;
  attempts: number;
  /** Others with the same key, waiting for what becomes of this one. */
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

/** @returns them with those who follow them, each by itself from now on */
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
  /** Since when the table has been asked for several items at a time, or has throttled, and has taken nothing. */
  let standingSince: number | undefined;
  let waitingForBreaker = false;
  let closed = false;

  /** @returns what the next call holds; nothing when all that waited was too late */
  function takeBatch(): Waiting[] {
    const batch = new Map<string, Waiting>();
    // The probe is never too late: without it the circuit could not close.
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

  /** The breaker is open: the line stays as it is until a call is worth trying again. */
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
    // One item that fails alone may be at error itself, and must not hold up everybody else.
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
    // While the circuit is open something always stands in line, for it is the probe that closes it again.
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
    // Calls that were under way together are throttled together: one halving for them all.
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
