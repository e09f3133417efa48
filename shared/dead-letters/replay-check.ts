/** What a replay would do with a record, decided from the record alone: the dry run shows it, the replay acts on it. */
import type { DeadLetterSummary, ReplayRecords } from "./replay-records.ts";
import { describeFaults, toReplayable } from "./replayable.ts";

export type ReplayCheck =
  | { readonly kind: "replayable"; readonly record: DeadLetterSummary; readonly encoded: string }
  /** It would fail again, so it is not sent. */
  | { readonly kind: "refused"; readonly record: DeadLetterSummary; readonly detail: string }
  /** There is nothing to do: somebody has replayed or discarded it. */
  | { readonly kind: "skipped"; readonly record: DeadLetterSummary; readonly detail: string }
  | { readonly kind: "missing"; readonly detail: string };

/**
 * @param record as it was just read, undefined where there is none
 * @param again whether one that was replayed before and never came back may be replayed once more. That is safe: a
 *   registration is only stored once.
 */
export function checkReplay(record: DeadLetterSummary | undefined, again: boolean): ReplayCheck {
  if (record === undefined) return { kind: "missing", detail: "there is no such dead letter" };
  const { id, state, registration } = record;
  if (state !== "open" && !(again && state === "replayed")) {
    const detail = state === "replayed" ? "was replayed, and its outcome is not known yet" : `is ${state}`;
    return { kind: "skipped", record, detail };
  }
  const replayable = toReplayable(id, registration);
  return replayable.kind === "replayable"
    ? { kind: "replayable", record, encoded: replayable.encoded }
    : { kind: "refused", record, detail: describeFaults(replayable.faults) };
}

const readAtOnce = 500;

/** Checks them all and changes nothing, a few hundred in memory at a time. */
export async function checkReplays(
  store: Pick<ReplayRecords, "readMany">,
  ids: readonly string[],
  { again, signal }: { readonly again: boolean; readonly signal: AbortSignal },
  onCheck: (id: string, check: ReplayCheck) => void,
): Promise<void> {
  for (let start = 0; start < ids.length; start += readAtOnce) {
    signal.throwIfAborted();
    const some = ids.slice(start, start + readAtOnce);
    const records = await store.readMany(some);
    for (const id of some) onCheck(id, checkReplay(records.get(id), again));
  }
}
