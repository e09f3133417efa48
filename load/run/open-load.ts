/**
 * An open load: each request is sent at its own moment, whether or not earlier ones were answered, and its latency counts
 * from that moment. A closed load slows down together with a slow service and so measures too short latencies
 * ("coordinated omission").
 *
 * No ready-made generator does this and keeps a ledger: autocannon paces a fixed number of connections, corrects the
 * quantiles by an assumption afterwards, and does not tell by its id what became of a request whose connection broke.
 *
 * The generator also measures itself: how late it sent, how busy its event loop was, how many requests it could not send
 * because all connections were in use. `verdict.ts` decides what follows from that.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { LoadItem } from "../people/load-item.ts";
import { attempt as post, describeReply, type Attempt, type RegistrationClient } from "./registration-client.ts";
import { createLatencies, type Latencies } from "./latencies.ts";

/** The requests of one second of the step, by the moment at which each was due. */
export interface LoadSecond {
  offered: number;
  accepted: number;
  /** 503 and 429. */
  shed: number;
  /** Any other 4xx. */
  rejected: number;
  /** Other answers, broken connections and time-outs. */
  failed: number;
  /** Of the accepted ones, from the moment each was due, milliseconds. */
  readonly latenciesMs: number[];
  /** Of the generator's event loop, 0 to 1. */
  utilization: number;
}

export interface StepRun {
  /** Every request that was sent, in the order of the answers. */
  readonly attempts: readonly Attempt[];
  /** In the same order: the second of the step in which it was due. */
  readonly attemptSeconds: readonly number[];
  readonly seconds: readonly LoadSecond[];
  /** Of the accepted ones, milliseconds. */
  readonly latencies: Latencies;
  /** How late the generator sent, milliseconds. */
  readonly lags: Latencies;
  /** Not sent because all connections were in use. */
  readonly unsent: number;
  readonly shedWithoutRetryAfter: number;
  /** How often each answer other than 202 came. */
  readonly otherAnswers: Readonly<Record<string, number>>;
  /** Of the generator's event loop while it sent, 0 to 1. */
  readonly utilization: number;
  /** Less than asked for when it was interrupted. */
  readonly elapsedSeconds: number;
}

export interface StepOptions {
  readonly client: Pick<RegistrationClient, "post">;
  /** Milliseconds from the start, rising. */
  readonly moments: readonly number[];
  /** One for each moment. */
  readonly items: readonly LoadItem[];
  readonly seconds: number;
  /** Requests under way at once. */
  readonly maxInFlight: number;
  /** Once aborted, nothing more is sent, and what is under way is awaited. */
  readonly signal: AbortSignal;
  /** Called each second with the number of requests that were due so far. */
  onSecond(second: LoadSecond, offered: number): void;
  onAttempt?(attempt: Attempt): void;
}

/** The shortest timer. Busy waiting would be more exact, but would make the utilization of the event loop meaningless. */
const tickMs = 1;

function emptySecond(): LoadSecond {
  return { offered: 0, accepted: 0, shed: 0, rejected: 0, failed: 0, latenciesMs: [], utilization: 0 };
}

function kindOf(status: number | null): "accepted" | "shed" | "rejected" | "failed" {
  if (status === 202) return "accepted";
  if (status === 503 || status === 429) return "shed";
  return status !== null && status >= 400 && status < 500 ? "rejected" : "failed";
}

/** @returns when all that was sent is answered; never rejects */
export async function runStep(options: StepOptions): Promise<StepRun> {
  const { client, moments, items, maxInFlight, signal, onSecond, onAttempt } = options;
  const seconds = Array.from({ length: options.seconds }, emptySecond);
  const attempts: Attempt[] = [];
  const attemptSeconds: number[] = [];
  const otherAnswers: Record<string, number> = {};
  const latencies = createLatencies();
  const lags = createLatencies();
  const underWay = new Set<Promise<void>>();
  let unsent = 0;
  let shedWithoutRetryAfter = 0;
  let next = 0;

  const before = performance.eventLoopUtilization();
  const startedAt = performance.now();

  async function send(item: LoadItem, second: number, momentAt: number): Promise<void> {
    const attempt = await post(client, item);
    const latencyMs = performance.now() - momentAt;
    const { reply } = attempt;
    attempts.push(attempt);
    attemptSeconds.push(second);
    const kind = kindOf(reply.status);
    const row = seconds[second];
    if (row !== undefined) row[kind] += 1;
    if (kind === "accepted") {
      latencies.add(latencyMs);
      row?.latenciesMs.push(latencyMs);
    } else {
      const answer = describeReply(reply);
      otherAnswers[answer] = (otherAnswers[answer] ?? 0) + 1;
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
      if (underWay.size >= maxInFlight) {
        unsent += 1;
        continue;
      }
      const sending = send(item, second, startedAt + moment).finally(() => underWay.delete(sending));
      underWay.add(sending);
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
  await Promise.all(underWay);

  return {
    attempts,
    attemptSeconds,
    seconds: seconds.slice(0, Math.max(1, told)),
    latencies,
    lags,
    unsent,
    shedWithoutRetryAfter,
    otherAnswers,
    utilization,
    elapsedSeconds,
  };
}
