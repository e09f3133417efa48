/**
 * What a replay needs to continue where an earlier process ended, in the middle of a step or not: the claims of one run
 * begin with its id, so each record says itself whether this run has sent it and what came of it.
 *
 *     claim of this run, `resolved`              settled
 *     claim of this run, `replayed`, `storing`   sent: its outcome is awaited
 *     claim of this run, `open`                  claimed, perhaps sent: claimed anew, which voids the earlier message
 *     more failures than when it was selected    failed again: not sent once more
 *     anything else                              not reached
 *
 * No clock is compared: a process may end and another continue at once.
 */
import { randomBytes } from "node:crypto";
import type { DeadLetterSummary } from "./replay-records.ts";
import { resolvedDetail } from "./replay-fate.ts";
import type { ReplayFate } from "./replay.ts";

/** Of the first records of a selection, all of which are settled. */
export interface ReplayProgress {
  /** How many records are settled, in the order of the selection. */
  readonly position: number;
  readonly sent: number;
  readonly counts: Readonly<Record<ReplayFate, number>>;
}

export interface ReplayContinuation {
  /** Id of the run: at most 40 characters. */
  readonly run: string;
  readonly from: ReplayProgress;
  /** @returns how often the record had failed when it was selected; undefined when there was none */
  readonly failuresOf: (id: string) => number | undefined;
}

export type EarlierSend =
  | { readonly kind: "none" }
  /** Its outcome is not known yet. */
  | { readonly kind: "sent"; readonly claim: string; readonly failures: number }
  | { readonly kind: "settled"; readonly fate: "resolved" | "failed"; readonly detail: string };

/** @returns a new claim that is recognised as this run's */
export function claimOfRun(run: string): string {
  return `${run}.${randomBytes(12).toString("base64url")}`;
}

/** @returns whether a record was claimed last by this run */
export function isClaimedByRun({ claim }: Pick<DeadLetterSummary, "claim">, run: string): boolean {
  return claim?.startsWith(`${run}.`) ?? false;
}

/** @returns what this run did with a record before. A failure since the selection is taken for one of this run's sends. */
export function earlierSend(record: DeadLetterSummary, { run, failuresOf }: ReplayContinuation): EarlierSend {
  const { state, claim, failures, reason, detail } = record;
  const selectedWith = failuresOf(record.id);
  if (state === "open" && selectedWith !== undefined && failures > selectedWith) {
    return { kind: "settled", fate: "failed", detail: `${reason}: ${detail}` };
  }
  if (claim === undefined || !isClaimedByRun(record, run)) return { kind: "none" };
  if (state === "resolved") return { kind: "settled", fate: "resolved", detail: resolvedDetail(record) };
  return state === "replayed" || state === "storing" ? { kind: "sent", claim, failures } : { kind: "none" };
}
