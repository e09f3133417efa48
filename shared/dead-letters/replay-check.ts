/** What a replay would do with a record. The dry run shows it, the replay acts on it. */
import { sqsLimits } from "../aws/aws-limits.ts";
import { isClaimed } from "./dead-letter-record.ts";
import type { DeadLetterSummary, ReplayRecords } from "./replay-records.ts";
import { claimOfRun, isClaimedByRun } from "./replay-continuation.ts";
import { describeErrors, toReplayable } from "./replayable.ts";

export type ReplayCheck =
  | {
      readonly kind: "replayable";
      readonly record: DeadLetterSummary;
      readonly encoded: string;
      /** The claim that will be sent with it. */
      readonly claim: string;
    }
  /** It would fail again, so it is not sent. */
  | { readonly kind: "refused"; readonly record: DeadLetterSummary; readonly detail: string }
  /** Nothing to do: it is being replayed, was replayed or was discarded. */
  | { readonly kind: "skipped"; readonly record: DeadLetterSummary; readonly detail: string }
  | { readonly kind: "missing"; readonly detail: string };

export interface ReplayCheckOptions {
  /** Whether to replay what was replayed before without a result. Safe: the earlier message is not stored any more. */
  readonly again: boolean;
  /** Id of the run that replays it, whose own earlier claims do not keep it from going on. Default: none. */
  readonly run?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Longer than a message can take to arrive. */
function isForgotten({ storingAt }: DeadLetterSummary, now: number): boolean {
  return storingAt !== undefined && now - Date.parse(storingAt) > sqsLimits.maxRetentionSeconds * 1_000;
}

function whyNot(record: DeadLetterSummary, { again, run, now }: ReplayCheckOptions): string | undefined {
  const { state, claimedBy, claimedUntil } = record;
  const isOurs = run !== undefined && isClaimedByRun(record, run);
  if (isClaimed(record, now) && !isOurs) return `is being replayed by ${claimedBy}, or may be until ${claimedUntil}`;
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

/**
 * @param record as just read, undefined when there is none; with the registration that the current code reads from its
 *   body
 */
export function checkReplay(record: DeadLetterSummary | undefined, options: ReplayCheckOptions): ReplayCheck {
  if (record === undefined) return { kind: "missing", detail: "there is no such dead letter" };
  const detail = whyNot(record, options);
  if (detail !== undefined) return { kind: "skipped", record, detail };
  const { run } = options;
  const replayable = toReplayable(record.id, record.registration, run === undefined ? undefined : claimOfRun(run));
  return replayable.kind === "replayable"
    ? { ...replayable, record }
    : { kind: "refused", record, detail: describeErrors(replayable.validationErrors) };
}

const readAtOnce = 500;

/** Checks all of them, a few hundred in memory at a time, without changes. */
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
