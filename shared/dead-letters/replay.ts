/**
 * Replays dead letters: a few first, then more, and no further once they fail again.
 *
 *     select ─► read, check ─► send (confirmed) ─► open → replayed ─► wait for what the worker says ─► next, larger step
 *
 * The message is sent before the record changes. Killed in between, the record is still `open` while its message is on its
 * way: the worker closes it all the same, and another replay at worst sends the registration a second time, which is stored
 * once. Every change of a record is conditional on its state and on how often it had failed, so that two admins can replay
 * the same records at once and the outcome of one delivery is never taken for that of another.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { DeadLetterSummary, ReplayRecords, SeenRecord } from "./replay-records.ts";
import { checkReplay, type ReplayCheck } from "./replay-check.ts";
import type { ReplaySender } from "./replay-sender.ts";

export type ReplayFate =
  /** Stored, or its address was registered meanwhile: the record is closed. */
  | "resolved"
  /** Failed again: the record is open again, with the new reason. */
  | "failed"
  /** Sent, and nothing was heard of it within the time. */
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
  readonly who: string;
  /** Why, in words, for the history. */
  readonly why: string;
  /** Size of the first step; the second and third are 10 and 100 times as large. */
  readonly canary: number;
  /** Size of every further step. */
  readonly stepSize: number;
  /** Replay those as well that were replayed before and never came back. */
  readonly again: boolean;
  /**
   * Asked for each record before it is sent; what is answered with false is skipped. It may be asked at several places at
   * once. Default: true for all.
   */
  readonly claim?: (seen: SeenRecord) => Promise<boolean>;
  /** How long to wait for the next outcome of a step, in seconds. */
  readonly outcomeTimeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Told of each record once its fate is known. */
  readonly onOutcome: (outcome: ReplayOutcome) => void;
  /** Told when a step has been sent and is waited for. */
  readonly onStep: (step: { readonly size: number }) => void;
}

type Candidate = Extract<ReplayCheck, { kind: "replayable" }>;

const growth = [1, 10, 100];
/** A step of which at least this share failed again is the last one. */
const maxFailedShare = 0.1;
const marksAtOnce = 32;
const firstLookMs = 150;
const slowestLookMs = 1_000;
const slowDown = 1.3;

function fateOf(now: DeadLetterSummary | undefined, before: DeadLetterSummary): Omit<ReplayOutcome, "id"> | undefined {
  if (now === undefined) return { fate: "skipped", detail: "was erased meanwhile" };
  if (now.state === "resolved") {
    // Not simply the last line: that this replay was sent may have been written after its outcome.
    const outcome = now.history.findLast(({ what }) => what === "resolved");
    return { fate: "resolved", detail: outcome?.detail ?? "" };
  }
  if (now.state === "discarded") return { fate: "skipped", detail: "was discarded meanwhile" };
  if (now.failures > before.failures) return { fate: "failed", detail: `${now.reason}: ${now.detail}` };
  return undefined;
}

/**
 * @param ids in the order in which they are replayed
 * @returns what came of it; never rejects: an error of AWS is the reason why it stopped
 */
export async function replayDeadLetters(ids: readonly string[], options: ReplayOptions): Promise<ReplaySummary> {
  const { store, sender, who, why, canary, stepSize, again, claim, signal, wallClock, onOutcome, onStep } = options;
  const counts: Record<ReplayFate, number> = { resolved: 0, failed: 0, unknown: 0, refused: 0, skipped: 0, missing: 0 };
  let position = 0;
  let sent = 0;

  function settle(id: string, fate: ReplayFate, detail: string): void {
    counts[fate] += 1;
    onOutcome({ id, fate, detail });
  }

  /** @returns up to `size` records that can be sent now; what cannot be is settled on the way */
  async function prepare(size: number): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    while (candidates.length < size && position < ids.length) {
      signal.throwIfAborted();
      const some = ids.slice(position, position + size - candidates.length);
      const records = await store.readMany(some);
      const replayable: Candidate[] = [];
      for (const id of some) {
        const check = checkReplay(records.get(id), again);
        if (check.kind === "replayable") replayable.push(check);
        else settle(id, check.kind, check.detail);
      }
      candidates.push(...(await claimed(replayable)));
      position += some.length;
    }
    return candidates;
  }

  async function claimed(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    if (claim === undefined) return candidates;
    const ours: Candidate[] = [];
    for (let start = 0; start < candidates.length; start += marksAtOnce) {
      const some = candidates.slice(start, start + marksAtOnce);
      const answers = await Promise.all(some.map(({ record }) => claim(record)));
      for (const [index, candidate] of some.entries()) {
        if (answers[index]) ours.push(candidate);
        else settle(candidate.record.id, "skipped", "was claimed by another run");
      }
    }
    return ours;
  }

  async function mark({ record }: Candidate): Promise<void> {
    const at = new Date(wallClock()).toISOString();
    // Not made when the worker, or another admin, was faster. Then there is nothing to mark.
    await store.markReplayed(record, { at, who, what: "replayed", detail: why });
  }

  /** @returns those of which nothing was heard in time */
  async function awaitOutcomes(waiting: Map<string, DeadLetterSummary>): Promise<{ failed: number; silent: string[] }> {
    let failed = 0;
    let lookMs = firstLookMs;
    let heardAt = performance.now();
    while (waiting.size > 0 && performance.now() - heardAt < options.outcomeTimeoutSeconds * 1_000 && !signal.aborted) {
      await delay(lookMs, undefined, { signal }).catch(() => {});
      lookMs = Math.min(slowestLookMs, lookMs * slowDown);
      const records = await store.readMany([...waiting.keys()]);
      for (const [id, before] of waiting) {
        const outcome = fateOf(records.get(id), before);
        if (outcome === undefined) continue;
        if (outcome.fate === "failed") failed += 1;
        settle(id, outcome.fate, outcome.detail);
        waiting.delete(id);
        heardAt = performance.now();
      }
    }
    return { failed, silent: [...waiting.keys()] };
  }

  /** @returns why no further step may follow, undefined when one may */
  async function runStep(candidates: readonly Candidate[]): Promise<ReplayStop | undefined> {
    const waiting = new Map<string, DeadLetterSummary>();
    let broken: ReplayStop | undefined;
    try {
      await sender.send(
        candidates,
        ({ encoded }) => encoded,
        async (confirmed) => {
          sent += confirmed.length;
          for (const { record } of confirmed) waiting.set(record.id, record);
          for (let start = 0; start < confirmed.length; start += marksAtOnce) {
            await Promise.all(confirmed.slice(start, start + marksAtOnce).map(mark));
          }
        },
      );
    } catch (error) {
      broken = stopFor(error);
    }
    onStep({ size: waiting.size });
    const size = waiting.size;
    const { failed, silent } = await awaitOutcomes(waiting);
    for (const id of silent) settle(id, "unknown", "was sent, and nothing has been heard of it yet");
    if (broken) return broken;
    if (signal.aborted) return stopFor(signal.reason);
    if (silent.length > 0) {
      const detail = `${silent.length} of ${size} had no outcome within ${options.outcomeTimeoutSeconds} s. Does the worker run?`;
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
