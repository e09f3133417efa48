/** What became of a record that was sent, as the record itself tells it. */
import type { DeadLetterSummary } from "./replay-records.ts";
import type { ReplayOutcome } from "./replay.ts";

/** Identifies what was sent of a record. */
export interface Sent {
  readonly claim: string;
  /** The record's number of failures before. */
  readonly failures: number;
}

/** @returns the words of the latest result. Not just the last entry: the mark of a send may be written after it. */
export function resolvedDetail({ history }: Pick<DeadLetterSummary, "history">): string {
  return history.findLast(({ what }) => what === "resolved")?.detail ?? "";
}

/** @returns undefined while nothing is known */
export function fateOf(now: DeadLetterSummary | undefined, sent: Sent): Omit<ReplayOutcome, "id"> | undefined {
  if (now === undefined) return { fate: "skipped", detail: "was erased meanwhile" };
  if (now.state === "resolved") return { fate: "resolved", detail: resolvedDetail(now) };
  if (now.state === "discarded") return { fate: "skipped", detail: "was discarded meanwhile" };
  if (now.failures > sent.failures) return { fate: "failed", detail: `${now.reason}: ${now.detail}` };
  if (now.claim !== sent.claim) {
    return {
      fate: "skipped",
      detail: "was changed or replayed by somebody else meanwhile; what was sent is not stored",
    };
  }
  return undefined;
}
