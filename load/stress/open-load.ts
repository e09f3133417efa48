/**
 * One step of a stress run: sends each registration at its moment, whether or not earlier ones were answered, and counts
 * the wait from that moment. A generator that waits along with a slow service (so many connections, each sending when it
 * was answered) offers it less just when it is slow, and does not see those who could not even ask: "coordinated omission".
 *
 * That is also why the load does not come from a ready-made generator: autocannon paces a fixed set of connections that
 * each wait for their answer, and corrects the quantiles afterwards by assumption; and what became of a request whose
 * connection broke is not told by its id, without which there is no ledger.
 *
 * The generator watches itself as well: how late it sent, how busy its event loop was, whom it could not send for want of
 * connections. What follows from that is decided in `verdict.ts`.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { outcomeOf, type FrontDoor } from "../people/front-door.ts";
import { createLatencies, type Latencies } from "../people/latencies.ts";
import type { LoadItem } from "../people/load-item.ts";
import type { Attempt } from "../people/sender.ts";

/** What came in one second of the step, by the moment at which people wanted to come. */
export interface LoadSecond {
  offered: number;
  accepted: number;
  /** Asked to come back: 503 and 429. */
  shed: number;
  /** Refused for good: any other 4xx. */
  refused: number;
  /** Other answers, broken connections and time-outs. */
  failed: number;
  /** Of the accepted ones: from the moment to the answer, milliseconds. */
  readonly waits: number[];
  /** Of the generator's event loop in that second, 0 to 1. */
  utilization: number;
}

export interface StepRun {
  /** Every request that was sent, in the order of the answers. */
  readonly attempts: readonly Attempt[];
  /** In the same order: the second of the step in which it was to be sent. */
  readonly attemptSeconds: readonly number[];
  readonly seconds: readonly LoadSecond[];
  /** Of the accepted ones, milliseconds. */
  readonly waits: Latencies;
  /** How late the generator sent, milliseconds. */
  readonly lags: Latencies;
  /** Not sent, as all connections were in use. */
  readonly unsent: number;
  /** Shed without a word of when to come back. */
  readonly shedWithoutRetryAfter: number;
  /** How often each answer other than 202 came. */
  readonly because: Readonly<Record<string, number>>;
  /** Of the generator's event loop while it sent, 0 to 1. */
  readonly utilization: number;
  /** Seconds in which something was sent: fewer than asked for when it was stopped. */
  readonly elapsedSeconds: number;
}

export interface StepOptions {
  readonly frontDoor: Pick<FrontDoor, "post">;
  /** Milliseconds from the start, rising. */
  readonly moments: readonly number[];
  /** One for each moment. */
  readonly items: readonly LoadItem[];
  readonly seconds: number;
  /** Requests on their way at once. */
  readonly maxInFlight: number;
  /** Aborted: nothing more is sent, what is on its way is awaited. */
  readonly signal: AbortSignal;
  /** Told each second how many have come so far. */
  onSecond(second: LoadSecond, offered: number): void;
  onAttempt?(attempt: Attempt): void;
}

/** As near as a timer comes. Nearer would mean to turn in circles, and the loop's utilisation would tell nothing. */
const tickMs = 1;

function emptySecond(): LoadSecond {
  return { offered: 0, accepted: 0, shed: 0, refused: 0, failed: 0, waits: [], utilization: 0 };
}

function kindOf(status: number | null): "accepted" | "shed" | "refused" | "failed" {
  if (status === 202) return "accepted";
  if (status === 503 || status === 429) return "shed";
  return status !== null && status >= 400 && status < 500 ? "refused" : "failed";
}

/** @returns when all that was sent is answered; never rejects */
export async function runStep(options: StepOptions): Promise<StepRun> {
  const { frontDoor, moments, items, maxInFlight, signal, onSecond, onAttempt } = options;
  const seconds = Array.from({ length: options.seconds }, emptySecond);
  const attempts: Attempt[] = [];
  const attemptSeconds: number[] = [];
  const because: Record<string, number> = {};
  const waits = createLatencies();
  const lags = createLatencies();
  const onTheirWay = new Set<Promise<void>>();
  let unsent = 0;
  let shedWithoutRetryAfter = 0;
  let next = 0;

  const before = performance.eventLoopUtilization();
  const startedAt = performance.now();

  async function send(item: LoadItem, second: number, momentAt: number): Promise<void> {
    const sentAt = Date.now();
    const reply = await frontDoor.post(item.submission, item.idempotencyKey);
    const waited = performance.now() - momentAt;
    const attempt: Attempt = { item, reply, outcome: outcomeOf(reply), startedAt: sentAt, endedAt: Date.now() };
    attempts.push(attempt);
    attemptSeconds.push(second);
    const kind = kindOf(reply.status);
    const row = seconds[second];
    if (row !== undefined) row[kind] += 1;
    if (kind === "accepted") {
      waits.add(waited);
      row?.waits.push(waited);
    } else {
      const answer = `${reply.status ?? "no answer"} ${reply.code ?? ""}`.trim();
      because[answer] = (because[answer] ?? 0) + 1;
      if (kind === "shed" && reply.retryAfterSeconds === undefined) shedWithoutRetryAfter += 1;
    }
    onAttempt?.(attempt);
  }

  function sendDue(): void {
    const now = performance.now() - startedAt;
    for (; next < moments.length && (moments[next] ?? Infinity) <= now; next += 1) {
      const moment = moments[next] ?? 0;
      const item = items[next];
      const second = Math.min(seconds.length - 1, Math.floor(moment / 1_000));
      const row = seconds[second];
      if (item === undefined || row === undefined) continue;
      row.offered += 1;
      lags.add(now - moment);
      if (onTheirWay.size >= maxInFlight) {
        unsent += 1;
        continue;
      }
      const sending = send(item, second, startedAt + moment).finally(() => onTheirWay.delete(sending));
      onTheirWay.add(sending);
    }
  }

  let told = 0;
  let lastUtilization = before;
  function tellSecond(): void {
    const row = seconds[told];
    if (row === undefined) return;
    const current = performance.eventLoopUtilization();
    row.utilization = performance.eventLoopUtilization(current, lastUtilization).utilization;
    lastUtilization = current;
    told += 1;
    onSecond(row, next);
  }

  while (next < moments.length && !signal.aborted) {
    sendDue();
    while (told < Math.floor((performance.now() - startedAt) / 1_000)) tellSecond();
    const untilNext = (moments[next] ?? 0) - (performance.now() - startedAt);
    if (next < moments.length) await delay(Math.max(tickMs, untilNext), undefined, { signal }).catch(() => {});
  }
  const { utilization } = performance.eventLoopUtilization(before);
  const elapsedSeconds = signal.aborted ? (performance.now() - startedAt) / 1_000 : options.seconds;
  while (told < Math.min(seconds.length, Math.ceil(elapsedSeconds))) tellSecond();
  await Promise.all(onTheirWay);

  return {
    attempts,
    attemptSeconds,
    seconds: seconds.slice(0, Math.max(1, told)),
    waits,
    lags,
    unsent,
    shedWithoutRetryAfter,
    because,
    utilization,
    elapsedSeconds,
  };
}
