/**
 * Replays dead letters: a few first, then more, and no further once they fail again. People and the automatic retry do it
 * by this one protocol:
 *
 *     select ─► read, check ─► claim ─► send ─────────► mark, wait for what the worker says ─► next, larger step
 *                                │        ├─ rejected ─► give the claim back
 *                                │        └─ no answer ► the claim runs out by itself
 *                                └─ no longer as it was read: passed over
 *
 * A claim is a lease on a record in the very version that was read. While it lasts nobody can edit or discard the record,
 * or claim it as well; whoever changes it afterwards ends the claim with that. It travels with what is sent, and the worker
 * stores only what came under the claim that the record has by then. So what was read is only ever stored while it is still
 * what the record holds, however late it arrives, and whatever any clock says: the lease's end only decides how soon
 * somebody else may go on. Killed anywhere, a replay leaves a record that is `open` and free again after that time.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { DeadLetterSummary, ReplayClaim, ReplayRecords } from "./replay-records.ts";
import { createReplayTimeout } from "./replay-timeout.ts";
import { checkReplay, type ReplayCheck } from "./replay-check.ts";
import type { ReplaySender } from "./replay-sender.ts";

export type ReplayFate =
  /** Stored, or its address was registered meanwhile: the record is closed. */
  | "resolved"
  /** Failed again: the record is open again, with the new reason. */
  | "failed"
  /** Sent, or perhaps sent, and nothing was heard of it within the time. */
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
  /** For `error`: what was thrown. */
  readonly cause?: unknown;
}

export interface ReplaySummary {
  readonly selected: number;
  readonly sent: number;
  readonly counts: Readonly<Record<ReplayFate, number>>;
  /** Selected and left alone, because the replay stopped before. */
  readonly untouched: number;
  /** Why it stopped before the end, undefined when it did not. */
  readonly stopped: ReplayStop | undefined;
}

export interface ReplayOptions {
  readonly store: ReplayRecords;
  readonly sender: ReplaySender;
  /** Who it is; `worker` has one replay of each record, once. */
  readonly who: string;
  /** Why, in words, for the history. */
  readonly why: string;
  /** Size of the first step; the second and third are 10 and 100 times as large. */
  readonly canary: number;
  /** Size of every further step. */
  readonly stepSize: number;
  /** Replay those as well that were replayed before and never came back. */
  readonly again: boolean;
  /** How long to wait for the next outcome of a step, in seconds, while nothing is drained. */
  readonly outcomeTimeoutSeconds: number;
  /** As `replay-timeout.ts` asks it. Default: nothing is known of the workers. */
  readonly draining?: () => Promise<number | null>;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Told of each record once its fate is known. */
  readonly onOutcome: (outcome: ReplayOutcome) => void;
  /** Told when a step has been sent and is waited for. */
  readonly onStep: (step: { readonly size: number }) => void;
}

type Candidate = Extract<ReplayCheck, { kind: "replayable" }>;

/**
 * How long a claim lasts: longer than a pack takes to be sent, unless the queue does not answer. It is no deadline for what
 * was sent, which is good for as long as nobody has touched the record.
 */
export const claimSeconds = 60;

const growth = [1, 10, 100];
/** A step of which at least this share failed again is the last one. */
const maxFailedShare = 0.1;
const changesAtOnce = 32;
const firstPollMs = 150;
const slowestPollMs = 1_000;
const slowDown = 1.3;

function fateOf(now: DeadLetterSummary | undefined, sent: Candidate): Omit<ReplayOutcome, "id"> | undefined {
  if (now === undefined) return { fate: "skipped", detail: "was erased meanwhile" };
  if (now.state === "resolved") {
    // Not simply the last line: that this replay was sent may have been written after its outcome.
    const outcome = now.history.findLast(({ what }) => what === "resolved");
    return { fate: "resolved", detail: outcome?.detail ?? "" };
  }
  if (now.state === "discarded") return { fate: "skipped", detail: "was discarded meanwhile" };
  if (now.failures > sent.record.failures) return { fate: "failed", detail: `${now.reason}: ${now.detail}` };
  if (now.claim !== sent.claim) {
    return {
      fate: "skipped",
      detail: "was changed or replayed by somebody else meanwhile; what was sent is not stored",
    };
  }
  return undefined;
}

/**
 * @param ids in the order in which they are replayed
 * @returns what came of it; never rejects: an error of AWS is the reason why it stopped
 */
export async function replayDeadLetters(ids: readonly string[], options: ReplayOptions): Promise<ReplaySummary> {
  const { store, sender, who, why, canary, stepSize, again, signal, wallClock, onOutcome, onStep } = options;
  const counts: Record<ReplayFate, number> = { resolved: 0, failed: 0, unknown: 0, refused: 0, skipped: 0, missing: 0 };
  let position = 0;
  let sent = 0;

  function settle(id: string, fate: ReplayFate, detail: string): void {
    counts[fate] += 1;
    onOutcome({ id, fate, detail });
  }

  /** @returns up to `size` records that could be sent now; what cannot be is settled on the way */
  async function prepare(size: number): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    while (candidates.length < size && position < ids.length) {
      signal.throwIfAborted();
      const some = ids.slice(position, position + size - candidates.length);
      const records = await store.readToReplay(some, signal);
      for (const id of some) {
        const check = checkReplay(records.get(id), { again, now: wallClock() });
        if (check.kind === "replayable") candidates.push(check);
        else settle(id, check.kind, check.detail);
      }
      position += some.length;
    }
    return candidates;
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

  const claimOf = ({ claim }: Candidate): ReplayClaim => ({ id: claim, by: who, until: claimedUntil });
  let claimedUntil = "";
  const replayTimeout = createReplayTimeout({
    seconds: options.outcomeTimeoutSeconds,
    draining: options.draining,
    now: () => performance.now(),
  });

  /** Where that fails too, the claims run out by themselves. */
  async function giveBack(candidates: readonly Candidate[]): Promise<void> {
    await forEach(candidates, (candidate) => store.giveBack(candidate.record.id, claimOf(candidate)));
  }

  async function claimAll(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const now = wallClock();
    claimedUntil = new Date(now + claimSeconds * 1_000).toISOString();
    const at = new Date(now).toISOString();
    const answers = await forEach(candidates, (candidate) => store.claim(candidate.record, claimOf(candidate), at));
    const failed = answers.find((answer) => answer.status === "rejected");
    if (failed) {
      // Those as well of which nobody knows whether they were claimed.
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
    const at = new Date(wallClock()).toISOString();
    const marks = await forEach(candidates, (candidate) =>
      store.markReplayed(candidate.record.id, claimOf(candidate), { at, who, what: "replayed", detail: why }),
    );
    const failed = marks.find((mark) => mark.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Takes those out of `waiting` whose outcome becomes known in time. @returns how many of them failed again */
  async function awaitOutcomes(waiting: Map<string, Candidate>): Promise<number> {
    let failed = 0;
    let pollMs = firstPollMs;
    replayTimeout.heard();
    while (waiting.size > 0 && !signal.aborted && !(await replayTimeout.isOver())) {
      await delay(pollMs, undefined, { signal }).catch(() => {});
      pollMs = Math.min(slowestPollMs, pollMs * slowDown);
      if (signal.aborted) break;
      const records = await store.readMany([...waiting.keys()], signal);
      for (const [id, candidate] of waiting) {
        const outcome = fateOf(records.get(id), candidate);
        if (outcome === undefined) continue;
        if (outcome.fate === "failed") failed += 1;
        settle(id, outcome.fate, outcome.detail);
        waiting.delete(id);
        replayTimeout.heard();
      }
    }
    return failed;
  }

  /** @returns why no further step may follow, undefined when one may */
  async function runStep(candidates: readonly Candidate[]): Promise<ReplayStop | undefined> {
    const waiting = new Map<string, Candidate>();
    let broken: ReplayStop | undefined;
    try {
      await sender.send(candidates, {
        encodedOf: ({ encoded }) => encoded,
        claim: claimAll,
        async onConfirmed(confirmed) {
          sent += confirmed.length;
          for (const candidate of confirmed) waiting.set(candidate.record.id, candidate);
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
    onStep({ size: waiting.size });
    const size = waiting.size;
    let failed = 0;
    try {
      failed = await awaitOutcomes(waiting);
    } catch (error) {
      broken ??= stopFor(error);
    }
    const silent = waiting.size;
    // Whatever went wrong: what was sent is not what was left alone.
    for (const id of waiting.keys()) settle(id, "unknown", "was sent, and nothing has been heard of it yet");
    if (broken) return broken;
    if (signal.aborted) return stopFor(signal.reason);
    if (silent > 0) {
      const detail = `${silent} of ${size} ${replayTimeout.explain()}`;
      return { code: "no-outcome", detail };
    }
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
      const candidates = await prepare(factor === undefined ? stepSize : canary * factor);
      if (candidates.length === 0) return undefined;
      const stop = await runStep(candidates);
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
