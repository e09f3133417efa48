/** What a replay would do with a record, decided from the record alone: the dry run shows it, the replay acts on it. */
import { sqsLimits } from "../aws/aws-limits.ts";
import { isClaimed } from "./dead-letter-record.ts";
import type { DeadLetterSummary, ReplayRecords } from "./replay-records.ts";
import { describeErrors, toReplayable } from "./replayable.ts";

export type ReplayCheck =
  | {
      readonly kind: "replayable";
      readonly record: DeadLetterSummary;
      readonly encoded: string;
      /** With which it has to be claimed, for it stands in what would be sent. */
      readonly claim: string;
    }
  /** It would fail again, so it is not sent. */
  | { readonly kind: "refused"; readonly record: DeadLetterSummary; readonly detail: string }
  /** There is nothing to do: somebody replays it, has replayed or discarded it. */
  | { readonly kind: "skipped"; readonly record: DeadLetterSummary; readonly detail: string }
  | { readonly kind: "missing"; readonly detail: string };

export interface ReplayCheckOptions {
  /**
   * Whether one that was replayed before and never came back may be replayed once more. That is safe: the earlier one, if it
   * is still on its way, stores nothing any more.
   */
  readonly again: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Longer than any message of it can come. */
function isForgotten({ storingAt }: DeadLetterSummary, now: number): boolean {
  return storingAt !== undefined && now - Date.parse(storingAt) > sqsLimits.maxRetentionSeconds * 1_000;
}

function whyNot(record: DeadLetterSummary, { again, now }: ReplayCheckOptions): string | undefined {
  const { state, claimedBy, claimedUntil } = record;
  if (isClaimed(record, now)) return `is being replayed by ${claimedBy}, or may be until ${claimedUntil}`;
  switch (state) {
    case "open":
      return undefined;
    case "replayed":
      return again ? undefined : "was replayed, and its outcome is not known yet";
    case "storing":
      return again && isForgotten(record, now) ? undefined : "was replayed, and a worker is storing it";
    default:
      return `is ${state}`;
  }
}

/** @param record as it was just read, undefined where there is none; with what the code of today reads from its body */
export function checkReplay(record: DeadLetterSummary | undefined, options: ReplayCheckOptions): ReplayCheck {
  if (record === undefined) return { kind: "missing", detail: "there is no such dead letter" };
  const detail = whyNot(record, options);
  if (detail !== undefined) return { kind: "skipped", record, detail };
  const replayable = toReplayable(record.id, record.registration);
  return replayable.kind === "replayable"
    ? { ...replayable, record }
    : { kind: "refused", record, detail: describeErrors(replayable.validationErrors) };
}

const readAtOnce = 500;

/** Checks them all and changes nothing, a few hundred in memory at a time. */
export async function checkReplays(
  store: Pick<ReplayRecords, "readToReplay">,
  ids: readonly string[],
  { signal, ...options }: ReplayCheckOptions & { readonly signal: AbortSignal },
  onCheck: (id: string, check: ReplayCheck) => void,
): Promise<void> {
  for (let start = 0; start < ids.length; start += readAtOnce) {
    signal.throwIfAborted();
    const some = ids.slice(start, start + readAtOnce);
    const records = await store.readToReplay(some, signal);
    for (const id of some) onCheck(id, checkReplay(records.get(id), options));
  }
}
