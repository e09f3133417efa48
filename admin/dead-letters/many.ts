/**
 * Changes many dead letters: first a plan that changes nothing, then its execution, record by record and conditionally.
 *
 *     select ─► read, propose ─► plan: counts, examples, errors ─► confirmed ─► read again ─► save if as planned
 *                                                                                  └─ changed meanwhile ► skipped, listed
 *
 * The plan knows the version of each record that it read. Whoever changes a record between plan and save keeps the
 * change. An interrupted run leaves whole records only, and can be repeated: what is done is then "unchanged".
 */
import { dynamoDbLimits } from "../../shared/aws/aws-limits.ts";
import type { DeadLetterRecord, HistoryEntry } from "../../shared/dead-letters/dead-letter-record.ts";
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { describeErrors } from "../../shared/dead-letters/replayable.ts";
import type { ValidationError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { OutcomesStore } from "../registrations/outcomes-store.ts";
import { whyUnchangeable } from "./changeable.ts";
import { proposeManyChange, type ManyChange, type Proposal } from "./many-change.ts";
import { toRow } from "./row.ts";

/** What is done with each record. */
export interface ManyAction {
  /** @param body undefined when it was not read */
  propose(record: DeadLetterRecord, body: string): Proposal | { readonly kind: "change"; readonly edit?: undefined };
  /** @returns false when the record has changed or is being replayed */
  save(
    record: DeadLetterRecord,
    proposal: Proposal | { readonly kind: "change" },
    who: string,
    why: string,
  ): Promise<boolean>;
}

interface PlannedRecord {
  readonly id: string;
  readonly version: number;
}

export interface Example {
  readonly id: string;
  /** What can be read of the address. */
  readonly address: string | undefined;
  /** Empty for a discard. */
  readonly changes: NonNullable<HistoryEntry["changes"]>;
}

export interface ManyPlan {
  readonly selected: number;
  readonly counts: Readonly<Record<"change" | "unchanged" | "invalid" | "skipped" | "missing", number>>;
  /** Those that will be changed. */
  readonly planned: readonly PlannedRecord[];
  /** Of the first ones that will be changed. */
  readonly examples: readonly Example[];
  /** Why records would not be valid, most frequent first; `id` is of the first one. */
  readonly errors: readonly (ValidationError & { readonly count: number; readonly id: string })[];
  /** The first ones that cannot be changed now, and why. */
  readonly skipped: readonly { readonly id: string; readonly detail: string }[];
}

export interface ManySummary {
  readonly counts: Readonly<Record<"changed" | "skipped" | "untouched", number>>;
  /** The first ones that were skipped, and why. */
  readonly skipped: readonly { readonly id: string; readonly detail: string }[];
  /** Why it stopped early. */
  readonly stopped: { readonly code: "interrupted" | "error"; readonly cause: unknown } | undefined;
}

export interface ManyOptions {
  readonly store: Pick<DeadLetterStore, "readWhole" | "readBody">;
  readonly action: ManyAction;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
  /** Called with what is planned for each record, or what became of it. */
  readonly onOutcome?: (id: string, fate: keyof ManyPlan["counts"] | "changed", detail: string) => void;
}

const savesAtOnce = 16;
const maxExamples = 20;
const maxListed = 200;
const changedMeanwhile = "somebody changed or replays it meanwhile";

/** @param wallClock milliseconds since the epoch */
export function createManyEdit(
  store: Pick<DeadLetterStore, "saveEdit">,
  change: ManyChange,
  event: EventDefinition | undefined,
  wallClock: () => number,
): ManyAction {
  return {
    propose: (record, body) => proposeManyChange(record, body, change, event, wallClock()),
    async save(record, proposal, who, why) {
      if (!("edit" in proposal)) return false;
      const { registration, changes } = proposal.edit;
      const at = new Date(wallClock()).toISOString();
      return store.saveEdit(record, registration, { at, who, what: "edited", detail: why, changes });
    },
  };
}

/** @param wallClock milliseconds since the epoch */
export function createManyDiscard(
  store: Pick<DeadLetterStore, "discard">,
  outcomes: Pick<OutcomesStore, "discard">,
  wallClock: () => number,
): ManyAction {
  return {
    propose(record) {
      if (record.state === "discarded") return { kind: "unchanged" };
      const detail = whyUnchangeable(record, wallClock());
      return detail === undefined ? { kind: "change" } : { kind: "skipped", detail };
    },
    async save(record, _proposal, who, why) {
      const at = new Date(wallClock()).toISOString();
      if (!(await store.discard(record, { at, who, what: "discarded", detail: why }))) return false;
      await outcomes.discard(record, at);
      return true;
    },
  };
}

function detailOf(proposal: ReturnType<ManyAction["propose"]>): string {
  if (proposal.kind === "skipped") return proposal.detail;
  return proposal.kind === "invalid" ? describeErrors(proposal.validationErrors) : "";
}

/** @throws the signal's reason; the SDK's error when the table does not answer */
export async function planMany(ids: readonly string[], options: ManyOptions): Promise<ManyPlan> {
  const { action, signal, onProgress, onOutcome } = options;
  const counts = { change: 0, unchanged: 0, invalid: 0, skipped: 0, missing: 0 };
  const planned: PlannedRecord[] = [];
  const examples: Example[] = [];
  const skipped: { id: string; detail: string }[] = [];
  const errors = new Map<string, ValidationError & { count: number; id: string }>();

  function add(id: string, record: DeadLetterRecord | undefined, body: string): void {
    if (record === undefined) {
      counts.missing += 1;
      onOutcome?.(id, "missing", "there is no such dead letter");
      return;
    }
    const proposal = action.propose(record, body);
    counts[proposal.kind] += 1;
    onOutcome?.(id, proposal.kind, detailOf(proposal));
    if (proposal.kind === "change") {
      planned.push({ id, version: record.history.length });
      if (examples.length < maxExamples) {
        examples.push({ id, address: toRow(record, body).address, changes: proposal.edit?.changes ?? {} });
      }
    } else if (proposal.kind === "skipped" && skipped.length < maxListed) {
      skipped.push({ id, detail: proposal.detail });
    } else if (proposal.kind === "invalid") {
      for (const { pointer, detail } of proposal.validationErrors) {
        const key = `${pointer} ${detail}`;
        const known = errors.get(key);
        if (known) known.count += 1;
        else if (errors.size < maxListed) errors.set(key, { pointer, detail, count: 1, id });
      }
    }
  }

  await forEachRecord(ids, options, (id, record, body) => add(id, record, body), 1);
  onProgress(ids.length, ids.length);
  signal.throwIfAborted();
  const byCount = [...errors.values()].toSorted((a, b) => b.count - a.count);
  return { selected: ids.length, counts, planned, examples, errors: byCount, skipped };
}

/** Reads the records in order, and calls `act` for up to `width` of them at a time. */
async function forEachRecord(
  ids: readonly string[],
  { store, signal, onProgress }: ManyOptions,
  act: (id: string, record: DeadLetterRecord | undefined, body: string) => Promise<void> | void,
  width: number,
): Promise<void> {
  let done = 0;
  for (let start = 0; start < ids.length; start += dynamoDbLimits.maxBatchGetKeys) {
    signal.throwIfAborted();
    const some = ids.slice(start, start + dynamoDbLimits.maxBatchGetKeys);
    const records = await store.readWhole(some, signal);
    const left = some.toReversed();
    const work = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        if (signal.aborted) return;
        const record = records.get(id);
        await act(id, record, record === undefined ? "" : await store.readBody(record));
        done += 1;
        onProgress(done, ids.length);
      }
    };
    // All are waited for, so that none is still under way when the first error is reported.
    const ends = await Promise.allSettled(Array.from({ length: width }, work));
    const broken = ends.find((end) => end.status === "rejected");
    if (broken) throw broken.reason;
  }
}

/**
 * @param plan of the same action
 * @param who the identity
 * @param why the reason, for the history
 * @returns the result; never rejects: an AWS error is the reason why it stopped
 */
export async function executeMany(
  plan: Pick<ManyPlan, "planned">,
  options: ManyOptions & { readonly who: string; readonly why: string },
): Promise<ManySummary> {
  const { action, signal, who, why, onOutcome } = options;
  const versions = new Map(plan.planned.map(({ id, version }) => [id, version]));
  const skipped: { id: string; detail: string }[] = [];
  const counts = { changed: 0, skipped: 0 };

  function skip(id: string, detail: string): void {
    counts.skipped += 1;
    onOutcome?.(id, "skipped", detail);
    if (skipped.length < maxListed) skipped.push({ id, detail });
  }

  async function change(id: string, record: DeadLetterRecord | undefined, body: string): Promise<void> {
    if (record === undefined) return skip(id, "was erased meanwhile");
    if (record.history.length !== versions.get(id)) return skip(id, changedMeanwhile);
    const proposal = action.propose(record, body);
    if (proposal.kind === "skipped") return skip(id, proposal.detail);
    if (proposal.kind !== "change") return skip(id, changedMeanwhile);
    if (!(await action.save(record, proposal, who, why))) return skip(id, changedMeanwhile);
    counts.changed += 1;
    onOutcome?.(id, "changed", "");
  }

  let stopped: ManySummary["stopped"];
  try {
    await forEachRecord([...versions.keys()], options, change, savesAtOnce);
  } catch (error) {
    stopped = { code: signal.aborted ? "interrupted" : "error", cause: error };
  }
  const untouched = versions.size - counts.changed - counts.skipped;
  if (signal.aborted && untouched > 0) stopped ??= { code: "interrupted", cause: signal.reason };
  return { counts: { ...counts, untouched }, skipped, stopped };
}

/** @returns what happened, in words for the audit log, without attendee data */
export function describeSummary({ counts, stopped }: ManySummary, verb: string): string {
  const parts = [`${verb} ${counts.changed}`];
  if (counts.skipped > 0) parts.push(`${counts.skipped} skipped, changed meanwhile`);
  if (stopped) parts.push(`stopped before the other ${counts.untouched}`);
  return parts.join("; ");
}
