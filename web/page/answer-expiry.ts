/** What the form says of fields whose answers expire before the registration. */
import { languageTraits, type Language } from "../../shared/page/language.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { Field } from "./form-fields.ts";
import type { Messages } from "./messages.ts";

export interface FieldExpiry {
  /** Such as "Deleted after 24 May 2036." */
  readonly words: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * The day is the last one on which there is an answer: that of midnight is the day before.
 * @param fields of the form
 * @returns the same, those that expire with when
 */
export function withExpiry(fields: readonly Field[], event: EventDefinition, language: Language, text: Messages) {
  const { locale } = languageTraits[language];
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: event.timeZone });
  const ends = new Map(event.fields.map(({ id, expiresAt }) => [`/answers/${id}`, expiresAt]));
  return fields.map((field): Field => {
    const expiresAt = ends.get(field.pointer);
    if (expiresAt === undefined) return field;
    const at = Date.parse(expiresAt);
    return { ...field, expiry: { at, words: text("form.expires", { day: day.format(at - 1) }) } };
  });
}
