/**
 * What another event file means for registrations that are stored already. They are never rewritten: an answer stays as
 * it was given, whatever the file offers now.
 */
import type { EventDefinition, FieldCondition } from "../../shared/registration/event-definition.ts";
import { textLength } from "../../shared/registration/registration-size.ts";

export const changeKinds = [
  "field-removed",
  "type-changed",
  "option-removed",
  "limit-narrowed",
  "now-required",
  "asked-of-fewer",
  "wording-changed",
  "expiry-changed",
] as const;

export type ChangeKind = (typeof changeKinds)[number];

export interface EventChange {
  readonly kind: ChangeKind;
  /** Id of the field. */
  readonly field: string;
  /** Which option is gone. */
  readonly option?: string;
  /** Where the field is in the new file; that of the fields where it is gone. */
  readonly pointer: string;
  /** What changes, and what becomes of stored answers. */
  readonly detail: string;
}

/** What of an event decides about answers: a deployment records no more. */
export type AskedFields = Pick<EventDefinition, "fields">;

/** A field of any version, by the properties that limit answers. */
export interface AnyField {
  readonly id: string;
  readonly type: string;
  readonly label?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
  /** Wording of a consent. */
  readonly text?: string;
  readonly maxLength?: number;
  readonly multiline?: boolean;
  readonly when?: FieldCondition;
  readonly [limit: string]: unknown;
}

export function fieldsOf({ fields }: AskedFields): readonly AnyField[] {
  return fields as readonly unknown[] as readonly AnyField[];
}

interface Limit {
  readonly property: string;
  /** Whether a higher value leaves less room. */
  readonly isLower: boolean;
  /** Where the file gives none. */
  readonly preset?: (field: AnyField) => unknown;
}

const limits: readonly Limit[] = [
  { property: "minLength", isLower: true },
  {
    property: "maxLength",
    isLower: false,
    preset: (field) => (field.type === "text" ? textLength(field) : undefined),
  },
  { property: "minimum", isLower: true },
  { property: "maximum", isLower: false },
  { property: "earliest", isLower: true },
  { property: "latest", isLower: false },
  { property: "integer", isLower: true },
];

type Comparable = number | string | boolean;

/** @returns the limits that leave less room, in words */
function narrowed(before: AnyField, after: AnyField): string[] {
  return limits.flatMap(({ property, isLower, preset }) => {
    const [was, is] = [before, after].map((field) => field[property] ?? preset?.(field)) as (Comparable | undefined)[];
    if (is === undefined || is === false || is === was) return [];
    const isNarrower = was === undefined || (isLower ? is > was : is < was);
    return isNarrower ? [`${property} is ${is}${was === undefined ? "" : ` and was ${was}`}`] : [];
  });
}

function removedField(field: AnyField, added: readonly AnyField[]): EventChange {
  const heir = added.find(({ label, type }) => label === field.label && type === field.type);
  const renamed = heir && ` The new field ${heir.id} has the same label: answers stay under the old id, ${field.id}.`;
  const { expiresAt } = field;
  const kept =
    typeof expiresAt === "string" && ` They are not deleted after ${expiresAt} then: leave it in until that.`;
  return {
    kind: "field-removed",
    field: field.id,
    pointer: "/fields",
    detail:
      `${field.id} is gone. Answers to it stay in the table; exports have them in the column otherAnswers, and a ` +
      `correction drops them.${kept || ""}${renamed ?? ""}`,
  };
}

function removedOptions(before: AnyField, after: AnyField, pointer: string): EventChange[] {
  const [had, has] = [before.options ?? [], after.options ?? []];
  const added = has.filter((option) => !had.includes(option));
  return had
    .filter((option) => !has.includes(option))
    .map((option) => {
      const [one] = added;
      // In its place, or the only one that is new.
      const heir =
        added.find((other) => has.indexOf(other) === had.indexOf(option)) ?? (added.length === 1 ? one : undefined);
      const renamed = heir && ` If "${heir}" is its new name: stored answers keep the old one.`;
      return {
        kind: "option-removed",
        field: after.id,
        option,
        pointer: `${pointer}/options`,
        detail: `"${option}" is no longer offered. Whoever chose it keeps it, and has to choose again in a correction.${renamed ?? ""}`,
      };
    });
}

function changesOf(before: AnyField, after: AnyField, pointer: string): EventChange[] {
  const changes: EventChange[] = [];
  const base = { field: after.id, pointer };
  if (before.type === after.type) {
    changes.push(...removedOptions(before, after, pointer));
    const less = narrowed(before, after);
    if (less.length > 0) {
      const detail = `${less.join(", ")}. Answers beyond that stay as they are, and have to be mended in a correction.`;
      changes.push({ ...base, kind: "limit-narrowed", detail });
    }
  } else {
    const detail = `is of type ${after.type} and was ${before.type}. Answers stay as they were given; those that do not fit have to be given again in a correction.`;
    changes.push({ ...base, kind: "type-changed", detail });
  }
  if (before.type === after.type && before.text !== after.text) {
    const detail =
      "has another wording. Whoever agreed before is recorded with the wording of then, and asked again in a correction.";
    changes.push({ ...base, kind: "wording-changed", detail });
  }
  if (after.when !== undefined && JSON.stringify(before.when) !== JSON.stringify(after.when)) {
    const detail = "is asked of others now. Answers of those who are not asked any more stay; a correction drops them.";
    changes.push({ ...base, kind: "asked-of-fewer", detail });
  }
  if (after.required && !before.required) changes.push(requiredNow(after, pointer));
  const expiry = changedExpiry(before, after);
  if (expiry) changes.push({ ...base, kind: "expiry-changed", detail: expiry });
  return changes;
}

/** @returns what becomes of stored answers; undefined where they are deleted at the same moment as before */
function changedExpiry(before: AnyField, after: AnyField): string | undefined {
  const [was, is] = [before, after].map(({ expiresAt }) => (typeof expiresAt === "string" ? expiresAt : undefined));
  const told = was === undefined ? "that they are kept" : `that they are deleted after ${was}`;
  if (is === undefined) {
    return was && `is not deleted by itself any more. Whoever answered was told ${told}.`;
  }
  if (was !== undefined && Date.parse(was) === Date.parse(is)) return undefined;
  return `is deleted after ${is}, answers that are stored already included. Whoever gave them was told ${told}.`;
}

function requiredNow({ id }: AnyField, pointer: string): EventChange {
  const detail = "is required now. Whoever registered without it stays registered, and is asked only in a correction.";
  return { kind: "now-required", field: id, pointer, detail };
}

/** @returns what the new file would mean for stored answers; empty where all of them fit as before */
export function eventChanges(before: AskedFields, after: AskedFields): EventChange[] {
  const known = new Map(fieldsOf(before).map((field) => [field.id, field]));
  const now = fieldsOf(after);
  const kept = new Set(now.map(({ id }) => id));
  const added = now.filter(({ id }) => !known.has(id));
  return [
    ...fieldsOf(before)
      .filter(({ id }) => !kept.has(id))
      .map((field) => removedField(field, added)),
    ...now.flatMap((field, index) => {
      const pointer = `/fields/${index}`;
      const earlier = known.get(field.id);
      if (earlier) return changesOf(earlier, field, pointer);
      return field.required ? [requiredNow(field, pointer)] : [];
    }),
  ];
}
