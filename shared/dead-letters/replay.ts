/**
 * Replays dead letters: a few first, then more, stopping when they fail again. People and the automatic retry use this
 * protocol:
 *
 *     select ─► read, check ─► claim ─► send ─────────► mark, wait for what the worker says ─► next, larger step
 *                                │        ├─ rejected ─► give the claim back
 *                                │        └─ no answer ► the claim runs out by itself
 *                                └─ no longer as it was read: passed over
 *
 * A claim is a lease on a record in the version that was read. While it lasts, nobody else can edit, discard or claim
 * the record; a later change ends it. The claim travels with the message, and the worker stores only under the record's
 * current claim. So a message is stored only while the record still holds what was sent, however late it arrives and
 * whatever clocks say: expiry only decides when others may continue. A killed replay leaves records that are `open` and
 * free after that time, or at once for who continues it; see `replay-continuation.ts`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { earlierSend, type ReplayContinuation, type ReplayProgress } from "./replay-continuation.ts";
import type { DeadLetterSummary, ReplayClaim, ReplayRecords } from "./replay-records.ts";
import { fateOf, type Sent } from "./replay-fate.ts";
import { createReplayTimeout } from "./replay-timeout.ts";
import { checkReplay, type ReplayCheck } from "./replay-check.ts";
import type { ReplaySender } from "./replay-sender.ts";

export type ReplayFate =
  /** Stored, or the address was registered meanwhile: the record is closed. */
  | "resolved"
  /** Failed again: the record is open, with the new reason. */
  | "failed"
  /** Sent, or perhaps sent, without a result in time. */
  | "unknown"
  | Exclude<ReplayCheck["kind"], "replayable">;

export interface ReplayOutcome {
  readonly id: string;
  readonly fate: ReplayFate;
  readonly detail: string;
}

export interface ReplayStop {
  readonly code: "failed-again" | "no-outcome" | "interrupted" | "error";
  readonly detail: string;
  /** For `error`: the thrown value. */
  readonly cause?: unknown;
}

export interface ReplaySummary {
  readonly selected: number;
  readonly sent: number;
  readonly counts: Readonly<Record<ReplayFate, number>>;
  /** Selected but not reached before the stop. */
  readonly untouched: number;
  /** Why it stopped early; otherwise undefined. */
  readonly stopped: ReplayStop | undefined;
}

export interface ReplayOptions {
  readonly store: ReplayRecords;
  readonly sender: ReplaySender;
  /** The identity; `worker` has one replay per record. */
  readonly who: string;
  /** The reason, for the history. */
  readonly why: string;
  /** Size of the first step; the second and third are 10 and 100 times larger. */
  readonly canary: number;
  /** Size of further steps. */
  readonly stepSize: number;
  /** Also replay those that were replayed before without a result. */
  readonly again: boolean;
  /** The run that this belongs to, and how far it came before. Default: a replay that nobody continues. */
  readonly continuation?: ReplayContinuation;
  /** Timeout for the next result of a step while nothing is drained, seconds. */
  readonly outcomeTimeoutSeconds: number;
  /** As in `replay-timeout.ts`. Default: unknown. */
  readonly draining?: () => Promise<number | null>;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called with each record's result. */
  readonly onOutcome: (outcome: ReplayOutcome) => void;
  /** Called when a step was sent and is waited for. */
  readonly onStep: (step: { readonly size: number; /** In all steps so far. */ readonly sent: number }) => void;
  /** Called after each step whose records all have a known outcome: from there it can be continued. Default: nothing. */
  readonly onProgress?: (progress: ReplayProgress) => void;
}

type Candidate = Extract<ReplayCheck, { kind: "replayable" }>;

/** What one step takes on. */
interface Step {
  /** To be sent. */
  readonly candidates: Candidate[];
  /** Sent before by this run, and without an outcome yet, by id. */
  readonly sentBefore: Map<string, Sent>;
}

/**
 * Lease time: longer than sending a pack takes unless the queue does not answer. Messages stay valid beyond it while
 * the record is unchanged.
 */
export const claimSeconds = 60;

const growth = [1, 10, 100];
/** When at least this share of a step failed again, it is the last one. */
const maxFailedShare = 0.1;
const changesAtOnce = 32;
/** Of the records ahead, in one call: a continued replay may meet many that are settled. */
const minReadAhead = 100;
const firstPollMs = 150;
const slowestPollMs = 1_000;
const slowDown = 1.3;

const noCounts: ReplayProgress["counts"] = { resolved: 0, failed: 0, unknown: 0, refused: 0, skipped: 0, missing: 0 };

/**
 * @param ids in the order of replay
 * @returns the result; never rejects: an AWS error is the reason why it stopped
 */
export async function replayDeadLetters(ids: readonly string[], options: ReplayOptions): Promise<ReplaySummary> {
  const { store, sender, who, why, canary, stepSize, again, continuation, signal, wallClock } = options;
  const { onOutcome, onStep, onProgress } = options;
  const run = continuation?.run;
  const counts: Record<ReplayFate, number> = { ...noCounts, ...continuation?.from.counts };
  let { position, sent } = continuation?.from ?? { position: 0, sent: 0 };

  function settle(id: string, fate: ReplayFate, detail: string): void {
    counts[fate] += 1;
    onOutcome({ id, fate, detail });
  }

  /** Settles it, or adds it to the step. */
  function take(id: string, record: DeadLetterSummary | undefined, { candidates, sentBefore }: Step): void {
    const earlier = record && continuation ? earlierSend(record, continuation) : undefined;
    if (earlier?.kind === "settled" || earlier?.kind === "sent") {
      sent += 1;
      if (earlier.kind === "sent") sentBefore.set(id, earlier);
      else settle(id, earlier.fate, earlier.detail);
      return;
    }
    const check = checkReplay(record, { again, run, now: wallClock() });
    if (check.kind === "replayable") candidates.push(check);
    else settle(id, check.kind, check.detail);
  }

  /** @returns a step of up to `size` records to send now; others are settled on the way */
  async function prepare(size: number): Promise<Step> {
    const step: Step = { candidates: [], sentBefore: new Map() };
    while (step.candidates.length < size && position < ids.length) {
      signal.throwIfAborted();
      const ahead = Math.max(size - step.candidates.length, continuation ? minReadAhead : 1);
      const some = ids.slice(position, position + ahead);
      const records = await store.readToReplay(some, signal);
      for (const id of some) {
        if (step.candidates.length === size) break;
        take(id, records.get(id), step);
        position += 1;
      }
    }
    return step;
  }

  async function forEach<Result>(
    candidates: readonly Candidate[],
    change: (candidate: Candidate) => Promise<Result>,
  ): Promise<PromiseSettledResult<Result>[]> {
    const results: PromiseSettledResult<Result>[] = [];
    for (let start = 0; start < candidates.length; start += changesAtOnce) {
      results.push(...(await Promise.allSettled(candidates.slice(start, start + changesAtOnce).map(change))));
      if (results.some(({ status }) => status === "rejected")) break;
    }
    return results;
  }

  const claimOf = ({ claim }: Candidate): ReplayClaim => ({ id: claim, by: who, until: claimedUntil, run });
  let claimedAt = "";
  let claimedUntil = "";
  const replayTimeout = createReplayTimeout({
    seconds: options.outcomeTimeoutSeconds,
    draining: options.draining,
    now: () => performance.now(),
  });

  /** If that fails too, the claims expire. */
  async function giveBack(candidates: readonly Candidate[]): Promise<void> {
    await forEach(candidates, (candidate) => store.giveBack(candidate.record.id, claimOf(candidate)));
  }

  async function claimAll(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const now = wallClock();
    claimedUntil = new Date(now + claimSeconds * 1_000).toISOString();
    claimedAt = new Date(now).toISOString();
    const answers = await forEach(candidates, (candidate) =>
      store.claim(candidate.record, claimOf(candidate), claimedAt),
    );
    const failed = answers.find((answer) => answer.status === "rejected");
    if (failed) {
      // Including those whose claim is uncertain.
      await giveBack(candidates.slice(0, answers.length));
      throw failed.reason;
    }
    return candidates.filter((candidate, index) => {
      const answer = answers[index];
      const ours = answer?.status === "fulfilled" && answer.value;
      if (!ours) settle(candidate.record.id, "skipped", "was changed or claimed by somebody else meanwhile");
      return ours;
    });
  }

  async function markAll(candidates: readonly Candidate[]): Promise<void> {
    // As of before the send, which its result must not seem to precede.
    const entry = { at: claimedAt, who, what: "replayed", detail: why } as const;
    const marks = await forEach(candidates, (candidate) =>
      store.markReplayed(candidate.record.id, claimOf(candidate), entry, candidate.record.history.length),
    );
    const failed = marks.find((mark) => mark.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Removes those from `waiting` whose result arrives in time. @returns how many failed again */
  async function awaitOutcomes(waiting: Map<string, Sent>): Promise<number> {
    let failed = 0;
    let pollMs = firstPollMs;
    replayTimeout.heard();
    while (waiting.size > 0 && !signal.aborted && !(await replayTimeout.isOver())) {
      await delay(pollMs, undefined, { signal }).catch(() => {});
      pollMs = Math.min(slowestPollMs, pollMs * slowDown);
      if (signal.aborted) break;
      const records = await store.readMany([...waiting.keys()], signal);
      for (const [id, of] of waiting) {
        const outcome = fateOf(records.get(id), of);
        if (outcome === undefined) continue;
        if (outcome.fate === "failed") failed += 1;
        settle(id, outcome.fate, outcome.detail);
        waiting.delete(id);
        replayTimeout.heard();
      }
    }
    return failed;
  }

  /** @returns why no further step may follow; undefined when one may */
  async function runStep({ candidates, sentBefore: waiting }: Step): Promise<ReplayStop | undefined> {
    let broken: ReplayStop | undefined;
    try {
      if (candidates.length > 0)
        await sender.send(candidates, {
          encodedOf: ({ encoded }) => encoded,
          claim: claimAll,
          async onConfirmed(confirmed) {
            sent += confirmed.length;
            for (const { record, claim } of confirmed) waiting.set(record.id, { claim, failures: record.failures });
            await markAll(confirmed);
          },
          async onFailed(unconfirmed, accepted) {
            if (accepted === "no") return giveBack(unconfirmed);
            const detail = `may have been sent: the queue gave no answer. If not, it is free again after ${claimedUntil}`;
            for (const { record } of unconfirmed) settle(record.id, "unknown", detail);
          },
        });
    } catch (error) {
      broken = stopFor(error);
    }
    const { size } = waiting;
    if (size > 0) onStep({ size, sent });
    let failed = 0;
    try {
      failed = await awaitOutcomes(waiting);
    } catch (error) {
      broken ??= stopFor(error);
    }
    const silent = waiting.size;
    // Whatever happened, what was sent does not count as untouched.
    for (const id of waiting.keys()) settle(id, "unknown", "was sent, and nothing has been heard of it yet");
    if (broken) return broken;
    if (signal.aborted) return stopFor(signal.reason);
    if (silent > 0) {
      const detail = `${silent} of ${size} ${replayTimeout.explain()}`;
      return { code: "no-outcome", detail };
    }
    onProgress?.({ position, sent, counts: { ...counts } });
    if (failed > 0 && failed >= size * maxFailedShare) {
      return { code: "failed-again", detail: `${failed} of ${size} failed again` };
    }
    return undefined;
  }

  function stopFor(error: unknown): ReplayStop {
    if (signal.aborted) return { code: "interrupted", detail: "stopped on request" };
    const detail = error instanceof Error ? error.message : String(error);
    return { code: "error", detail, cause: error };
  }

  async function runAll(): Promise<ReplayStop | undefined> {
    for (let step = 0; position < ids.length; step += 1) {
      const factor = growth[step];
      const next = await prepare(factor === undefined ? stepSize : canary * factor);
      const stop = await runStep(next);
      if (stop) return stop;
    }
    return undefined;
  }

  let stopped: ReplayStop | undefined;
  try {
    stopped = await runAll();
  } catch (error) {
    stopped = stopFor(error);
  }
  const settled = Object.values(counts).reduce((total, count) => total + count, 0);
  return { selected: ids.length, sent, counts, untouched: ids.length - settled, stopped };
}
