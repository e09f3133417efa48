/**
 * The record of a run: one replay that a person started, from its start to its end, whichever processes perform it. It
 * holds no attendee data, since it outlives an erasure.
 *
 *     running ──► done                every selected record has an outcome
 *        ├──────► stopped             on request, or since records failed again; can be resumed
 *        └─ lease runs out ► interrupted    its process has died; can be resumed
 *
 * `interrupted` is never written: a record says `running`, and nobody holds the lease.
 */
import { randomBytes } from "node:crypto";
import type { ReplayProgress } from "../../shared/dead-letters/replay-continuation.ts";
import type { ReplayOutcome, ReplayStop } from "../../shared/dead-letters/replay.ts";
import type { LeaseState } from "./run-lease.ts";

/** What somebody did to a run, and when. */
export interface RunHand {
  readonly who: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export interface ReplayRun {
  /** Unique; begins with the second of its start. */
  readonly id: string;
  /** Who started it, and who resumed it, oldest first. */
  readonly hands: readonly RunHand[];
  /** What was selected, in words. */
  readonly selection: string;
  readonly why: string;
  /** Size of the first step, after each resumption too. */
  readonly canary: number;
  /** Registrations a second, at most. */
  readonly rate: number;
  /** Also those that were replayed before without a result. */
  readonly again: boolean;
  /** How long to wait for the next outcome of a step, in seconds. */
  readonly outcomeTimeoutSeconds: number;
  readonly selected: number;
  readonly state: "running" | "stopped" | "done";
  /** Where it can be continued. */
  readonly progress: ReplayProgress;
  /** So far, beyond `progress`: outcomes of the step under way. */
  readonly sent: number;
  readonly counts: ReplayProgress["counts"];
  /** The latest ones, newest first; those that need attention are kept longest. */
  readonly outcomes: readonly ReplayOutcome[];
  /** Why it was stopped; undefined while it runs, and when it is done. */
  readonly stop: { readonly code: ReplayStop["code"]; readonly lines: readonly string[] } | undefined;
  /** When it was done or stopped: ISO 8601, UTC. */
  readonly endedAt: string | undefined;
}

/** What the list of runs shows. */
export type ReplayRunSummary = Omit<ReplayRun, "outcomes" | "progress">;

export const runStandings = ["running", "stopping", "interrupted", "stopped", "done"] as const;
export type RunStanding = (typeof runStandings)[number];

export const noCounts: ReplayProgress["counts"] = {
  resolved: 0,
  failed: 0,
  unknown: 0,
  refused: 0,
  skipped: 0,
  missing: 0,
};

const keptOutcomes = 50;
const quietFates: ReadonlySet<string> = new Set(["resolved", "skipped"]);

/** @param at ISO 8601, UTC. @returns such as `20260131T094500-3f9a51c2` */
export function newRunId(at: string): string {
  return `${at.slice(0, 19).replaceAll(/[-:]/g, "")}-${randomBytes(4).toString("hex")}`;
}

/** @returns whether a text has the form of a run's id */
export function isRunId(text: string): boolean {
  return /^\d{8}T\d{6}-[0-9a-f]{8}$/.test(text);
}

/**
 * @param lease as just read
 * @param now milliseconds since the epoch
 */
export function standingOf(
  { id, state }: Pick<ReplayRun, "id" | "state">,
  lease: LeaseState | undefined,
  now: number,
): RunStanding {
  if (state === "done") return state;
  const isHeld = lease?.run === id && Date.parse(lease.until) > now;
  if (state === "running" && !isHeld) return "interrupted";
  if (state === "running" && lease?.stopBy === undefined) return "running";
  // Only when its holder has let it go can it be resumed.
  return isHeld ? "stopping" : "stopped";
}

export function canResume(standing: RunStanding): boolean {
  return standing === "interrupted" || standing === "stopped";
}

/** @returns how many were reached, with an outcome or without one yet */
export function reachedOf(counts: ReplayRun["counts"]): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** @returns the outcomes with another one; of too many, the oldest that needs no attention is left out */
export function withOutcome(outcomes: readonly ReplayOutcome[], outcome: ReplayOutcome): readonly ReplayOutcome[] {
  // Of one that was sent before the run was interrupted, the first outcome is not the last one.
  const all = [outcome, ...outcomes.filter(({ id }) => id !== outcome.id)];
  if (all.length <= keptOutcomes) return all;
  const quiet = all.findLastIndex(({ fate }) => quietFates.has(fate));
  return all.toSpliced(quiet === -1 ? -1 : quiet, 1);
}

const fateWords = {
  resolved: "resolved",
  failed: "failed again",
  unknown: "without an outcome yet",
  refused: "not valid",
  skipped: "needed no replay",
  missing: "missing",
} as const;

/** @returns what was done, in words, such as `sent 25 of 37: 24 resolved, 1 failed again` */
export function describeOutcomes({ sent, selected, counts }: Pick<ReplayRun, "sent" | "selected" | "counts">): string {
  const parts = Object.entries(fateWords).flatMap(([fate, words]) => {
    const count = counts[fate as keyof typeof counts];
    return count > 0 ? [`${count} ${words}`] : [];
  });
  return `sent ${sent} of ${selected}${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}
