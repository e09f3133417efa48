/**
 * Counts registrations: per answer of the fields that have few of them, and by hour or day of their submission. Answers that
 * have expired are not counted; withdrawn registrations are counted apart.
 */
import { TurnoutError } from "../../shared/errors.ts";
import { createExpiredFields } from "../../shared/registration/answer-expiry.ts";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { eventIn } from "../../shared/registration/event-translation.ts";
import { dayInWords, englishAnswerWords } from "../../shared/registration/shown-answers.ts";
import { isTombstone } from "../../shared/registration/tombstone.ts";
import { createPeriods, type PeriodLength } from "./periods.ts";
import type { Reader, RegistrationSource } from "./registration-source.ts";

const countedTypes = ["select", "choices", "checkbox", "number", "date"] as const;

export interface AnswerCount {
  /** As stored. */
  readonly value: string | number | boolean;
  /** For people. */
  readonly label: string;
  readonly count: number;
}

export interface FieldCounts {
  readonly id: string;
  readonly label: string;
  /** In the order of the options; numbers and days in theirs. Options that nobody chose are among them. */
  readonly answers: readonly AnswerCount[];
  /** Not answered, or not asked. */
  readonly unanswered: number;
  /** Answers beyond the most that are told apart. */
  readonly others: number;
}

export interface Counts {
  readonly registrations: number;
  /** In the last two weeks: longer that is not kept. Null of a file, which does not have them. */
  readonly withdrawn: number | null;
  readonly fields: readonly FieldCounts[];
  /** Ids of fields that are not counted, because their answers have expired. */
  readonly expired: readonly string[];
  readonly per: PeriodLength;
  /** IANA name: the event's. */
  readonly timeZone: string;
  /** Those in which somebody registered, oldest first. */
  readonly periods: readonly { readonly period: string; readonly count: number }[];
  /** When it was counted: ISO 8601, UTC. */
  readonly at: string;
}

/** Different answers of one field that are told apart. */
const maxAnswers = 400;

function isCounted({ type }: EventField): boolean {
  return countedTypes.some((counted) => counted === type);
}

/** @returns ids of the fields to count by default: all that can be counted */
export function countableFields(event: EventDefinition | undefined): string[] {
  return (event?.fields ?? []).filter(isCounted).map(({ id }) => id);
}

/** @throws TURNOUT_USAGE_INVALID when one is no field of the event, or of a type that is not counted */
export function checkCountable(ids: readonly string[], event: EventDefinition | undefined): void {
  const countable = countableFields(event);
  const wrong = ids.find((id) => !countable.includes(id));
  if (wrong === undefined) return;
  const allowed = countable.length > 0 ? `Allowed are ${countable.join(", ")}.` : "The event has no such field.";
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `The answers to ${JSON.stringify(wrong)} cannot be counted: that takes a field of the type ${countedTypes.join(", ")}. ${allowed}`,
  );
}

function labelOf(field: EventField, value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? englishAnswerWords.yes : englishAnswerWords.no;
  if (field.type === "date" && typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)) {
    return dayInWords(value, englishAnswerWords.locale);
  }
  return field.optionLabels?.[String(value)] ?? String(value);
}

function createFieldTally(field: EventField) {
  const counts = new Map<string | number | boolean, number>();
  if ("options" in field) for (const option of field.options) counts.set(option, 0);
  if (field.type === "checkbox") for (const tick of [true, false]) counts.set(tick, 0);
  let unanswered = 0;
  let others = 0;

  function addOne(value: unknown): void {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return;
    const count = counts.get(value);
    if (count === undefined && counts.size >= maxAnswers) others += 1;
    else counts.set(value, (count ?? 0) + 1);
  }

  return {
    add(answer: unknown): void {
      const values: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
      if (values.length === 0 || answer === undefined || answer === null || answer === "") unanswered += 1;
      else for (const value of values) addOne(value);
    },
    result(): FieldCounts {
      const entries = [...counts];
      if (field.type === "number") entries.sort(([a], [b]) => Number(a) - Number(b));
      if (field.type === "date") entries.sort(([a], [b]) => (a < b ? -1 : 1));
      const answers = entries.map(([value, count]) => ({ value, label: labelOf(field, value), count }));
      return { id: field.id, label: field.label, answers, unanswered, others };
    },
  };
}

export interface CountOptions extends Pick<Reader, "onProgress" | "signal"> {
  readonly source: RegistrationSource;
  /** Whether the source has what was withdrawn. */
  readonly withWithdrawn: boolean;
  /** Undefined: only totals, in UTC. */
  readonly event: EventDefinition | undefined;
  /** Ids of its fields, of `countableFields`. */
  readonly by: readonly string[];
  readonly per: PeriodLength;
  /** Milliseconds since the epoch: decides which answers have expired. */
  readonly now: number;
}

/** @throws what the source throws */
export async function countRegistrations(options: CountOptions): Promise<Counts> {
  const { source, withWithdrawn, event, by, per, now, onProgress, signal } = options;
  const gone = createExpiredFields(event)(now);
  const fields = (event ? eventIn(event, "en").fields : []).filter(({ id }) => by.includes(id));
  const tallies = fields.filter(({ id }) => !gone.has(id)).map((field) => [field.id, createFieldTally(field)] as const);
  const timeZone = event?.timeZone ?? "UTC";
  const periodOf = createPeriods(timeZone, per);
  const periods = new Map<string, number>();
  let registrations = 0;
  let withdrawn = 0;
  await source({
    onProgress,
    signal,
    take(item) {
      if (isTombstone(item)) {
        if (item.tombstone === "withdrawn") withdrawn += 1;
        return true;
      }
      registrations += 1;
      const answers: Readonly<Record<string, unknown>> = item.answers ?? {};
      for (const [id, tally] of tallies) tally.add(Object.hasOwn(answers, id) ? answers[id] : undefined);
      const period = periodOf(item.submittedAt);
      if (period !== undefined) periods.set(period, (periods.get(period) ?? 0) + 1);
      return true;
    },
  });
  return {
    registrations,
    withdrawn: withWithdrawn ? withdrawn : null,
    fields: tallies.map(([, tally]) => tally.result()),
    expired: fields.map(({ id }) => id).filter((id) => gone.has(id)),
    per,
    timeZone,
    periods: [...periods]
      .toSorted(([a], [b]) => Date.parse(a) - Date.parse(b))
      .map(([period, count]) => ({ period, count })),
    at: new Date(now).toISOString(),
  };
}
