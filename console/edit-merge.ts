/**
 * Two admins who edit the same dead letter: what the second one entered is kept, and so is what the first one saved.
 * What only one of them changed is taken as it is; what both changed is shown with both values.
 */
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { HistoryEntry } from "../shared/dead-letters/dead-letter-record.ts";
import type { ValidationError } from "../shared/errors.ts";
import type { FieldChange } from "../admin/dead-letters/edit.ts";
import { editFields, readChanges, type EditField, type PostedFields } from "./edit-form.ts";

export interface EditMerge {
  /** The form: theirs, with the fields that were entered here. */
  readonly fields: readonly EditField[];
  /** Fields that both changed, with both values. */
  readonly conflicts: readonly { readonly field: EditField; readonly theirs: EditField["value"] }[];
  /** What was entered here. */
  readonly changes: readonly FieldChange[];
}

type Entry = Readonly<Record<string, unknown>>;

const prefix = "answers.";

/** @returns the entry as it was before the edits in these history entries */
function before(entry: Entry, since: readonly HistoryEntry[]): Entry {
  const { answers, ...fields } = entry;
  const old: Record<string, unknown> = { ...fields };
  const oldAnswers: Record<string, unknown> = { ...(answers as Entry | undefined) };
  for (const { changes = {} } of since.toReversed()) {
    for (const [field, { from }] of Object.entries(changes)) {
      const [target, name] = field.startsWith(prefix) ? [oldAnswers, field.slice(prefix.length)] : [old, field];
      if (from === null) delete target[name];
      else target[name] = from;
    }
  }
  return { ...old, answers: oldAnswers };
}

/**
 * @param entry as it is now
 * @param since the history that the form had not seen
 */
export function mergeEdit(
  event: EventDefinition | undefined,
  entry: Entry,
  posted: PostedFields,
  since: readonly HistoryEntry[],
  errors: readonly ValidationError[],
): EditMerge {
  const changes = readChanges(event, before(entry, since), posted);
  const ours = new Set(changes.map(({ field }) => field));
  const theirs = new Set(since.flatMap((one) => Object.keys(one.changes ?? {})));
  const current = new Map(editFields(event, entry, undefined, errors).map((field) => [field.name, field]));
  const entered = editFields(event, entry, posted, errors);
  const fields = entered.map((field) => (ours.has(field.name) ? field : (current.get(field.name) ?? field)));
  const conflicts = entered.flatMap((field) => {
    const other = current.get(field.name);
    const both = ours.has(field.name) && theirs.has(field.name);
    return both && other && String(other.value) !== String(field.value) ? [{ field, theirs: other.value }] : [];
  });
  return { fields, conflicts, changes };
}
