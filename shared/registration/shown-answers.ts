/**
 * Answers as people read them: labels in the place of ids, dates in words, consents with what was agreed to. The one
 * place that knows it, for pages, console and command. For programs and spreadsheets answers stay as they are stored.
 */
import { hashOf, wordingOf } from "./consent.ts";
import { isDay } from "./day-range.ts";
import type { EventDefinition, EventField } from "./event-definition.ts";

export interface AnswerWords {
  /** How dates are written: BCP 47. */
  readonly locale: string;
  readonly yes: string;
  readonly no: string;
}

export interface ShownAnswer {
  /** Of the field. */
  readonly id: string;
  readonly label: string;
  /** Several chosen options stand on a line each. */
  readonly value: string;
  /** Of a consent. */
  readonly agreedTo?: {
    readonly wording: string;
    /** `sha256:` and the digest in hexadecimal. */ readonly hash: string;
  };
}

export const englishAnswerWords: AnswerWords = { locale: "en-GB", yes: "Yes", no: "No" };

type OwnField = Pick<EventField, "id" | "label" | "optionLabels"> & { readonly type?: EventField["type"] };

const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** @param day `YYYY-MM-DD` @param locale BCP 47 @returns such as "9 May 2026" */
export function dayInWords(day: string, locale: string): string {
  let format = dayFormats.get(locale);
  if (!format) {
    // A day has no time zone.
    format = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
    dayFormats.set(locale, format);
  }
  return format.format(new Date(`${day}T00:00:00Z`));
}

/** @returns undefined when there is nothing to show */
function wordsOf(answer: unknown, { type, optionLabels }: OwnField, words: AnswerWords): string | undefined {
  if (Array.isArray(answer)) {
    return answer.map((option) => optionLabels?.[String(option)] ?? String(option)).join("\n") || undefined;
  }
  if (typeof answer === "boolean") return answer ? words.yes : words.no;
  if (typeof answer === "number") return String(answer);
  if (typeof answer !== "string" || answer === "") return undefined;
  if (type === "date" && isDay(answer)) return dayInWords(answer, words.locale);
  return optionLabels?.[answer] ?? answer;
}

function shownAnswer(answer: unknown, field: OwnField, words: AnswerWords): ShownAnswer[] {
  const { id, label } = field;
  const [wording, hash] = field.type === "consent" ? [wordingOf(answer), hashOf(answer)] : [];
  if (wording !== undefined && hash !== undefined) {
    return [{ id, label, value: words.yes, agreedTo: { wording, hash } }];
  }
  const value = wordsOf(answer, field, words);
  return value === undefined ? [] : [{ id, label, value }];
}

/**
 * @param answers as stored, of any shape: they may have been made for an earlier event file
 * @param fields of the event in the reader's language (`eventIn`), in the order of the form
 * @returns what was answered: nothing of fields that were not asked or left empty; those that the event no longer has
 *   come last, under their ids
 */
export function shownAnswers(
  answers: Readonly<Record<string, unknown>>,
  fields: EventDefinition["fields"],
  words: AnswerWords,
): ShownAnswer[] {
  const known = new Set(fields.map(({ id }) => id));
  const others = Object.keys(answers).filter((id) => !known.has(id));
  const all: OwnField[] = [...fields, ...others.map((id) => ({ id, label: id }))];
  return all.flatMap((field) => (Object.hasOwn(answers, field.id) ? shownAnswer(answers[field.id], field, words) : []));
}
