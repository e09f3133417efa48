/**
 * The organiser's texts in the event's further languages. The event file has them in its default language where they
 * belong, and those of each other language in a block of the same structure: fields by their id, options by the option
 * that they stand for. What is stored is always the default language's.
 *
 * Never half: a block has exactly the texts that the file has, so a page is in one language as a whole.
 */
import { Type, type Static } from "typebox";
import type { ValidationError } from "../errors.ts";
import { isLanguage, languages, type Language } from "../page/language.ts";
import type { EventDefinition } from "./event-definition.ts";
import { plainLinePattern, plainTextPattern } from "./plain-text.ts";
import { maxWordingLength } from "./registration.ts";

const line = (maxLength: number) => Type.Optional(Type.String({ minLength: 1, maxLength, pattern: plainLinePattern }));
const lines = (maxLength: number) => Type.Optional(Type.String({ minLength: 1, maxLength, pattern: plainTextPattern }));
const strict = { additionalProperties: false };

/** Which of them are needed follows from the event: see `translationErrors`. */
const FieldTexts = Type.Object(
  {
    label: line(200),
    hint: line(300),
    /** Of a consent: its wording. */
    text: lines(maxWordingLength),
    section: Type.Optional(Type.Object({ title: line(200), text: lines(1_000) }, strict)),
    /** By the option of the default language. */
    options: Type.Optional(
      Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 200, pattern: plainLinePattern })),
    ),
  },
  strict,
);

/** The texts of one language. */
const Translation = Type.Object(
  {
    name: line(200),
    description: lines(2_000),
    venue: line(200),
    organiser: Type.Optional(Type.Object({ name: line(200) }, strict)),
    /** By the id of the field. */
    fields: Type.Optional(Type.Record(Type.String(), FieldTexts)),
  },
  strict,
);

/** By language. */
export const Translations = Type.Record(Type.String(), Translation);

/** Texts by property, as in a block. */
interface Texts {
  readonly [property: string]: string | Texts;
}

const eventTexts = ["name", "description", "venue"] as const satisfies readonly (keyof Static<typeof Translation>)[];
const fieldTexts = ["label", "hint", "text"] as const satisfies readonly (keyof Static<typeof FieldTexts>)[];

const sectionTexts = ["title", "text"] as const;

function given<Key extends string>(of: Partial<Record<Key, unknown>>, properties: readonly Key[]): [Key, string][] {
  return properties.flatMap((property) => {
    const text = of[property];
    return typeof text === "string" && text !== "" ? [[property, text] as [Key, string]] : [];
  });
}

/** @returns the event's texts as a block of its default language would hold them */
function textsOf(event: EventDefinition): Texts {
  const fields = event.fields.map((field): [string, Texts] => {
    const own: [string, string | Texts][] = given(field, fieldTexts);
    if (field.section) own.push(["section", Object.fromEntries(given(field.section, sectionTexts))]);
    if ("options" in field) own.push(["options", Object.fromEntries(field.options.map((option) => [option, option]))]);
    return [field.id, Object.fromEntries(own)];
  });
  return Object.fromEntries<string | Texts>([
    ...given(event, eventTexts),
    ...(event.organiser ? [["organiser", { name: event.organiser.name }] as const] : []),
    ...(fields.length > 0 ? [["fields", Object.fromEntries(fields)] as const] : []),
  ]);
}

/** RFC 6901, 3. */
function escapeToken(property: string): string {
  return property.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** @returns what a block lacks and what it has beyond the event's texts */
function differences(expected: Texts, actual: Texts, pointer: string): ValidationError[] {
  const own = (texts: Texts, property: string) => (Object.hasOwn(texts, property) ? texts[property] : undefined);
  const missing = Object.entries(expected).flatMap(([property, text]): ValidationError[] => {
    const place = `${pointer}/${escapeToken(property)}`;
    const translated = own(actual, property);
    if (typeof text !== "string") return differences(text, typeof translated === "object" ? translated : {}, place);
    return translated === undefined ? [{ pointer: place, detail: `is missing: the translation of “${text}”` }] : [];
  });
  const superfluous = Object.keys(actual)
    .filter((property) => own(expected, property) === undefined)
    .map((property) => ({
      pointer: `${pointer}/${escapeToken(property)}`,
      detail: "translates nothing: the file has no such text in its default language",
    }));
  return [...missing, ...superfluous];
}

const unknownLanguage = `is no language that the pages have; there are ${languages.join(", ")}`;

/**
 * @param event that fits the schema
 * @returns errors with pointers: languages without messages, texts that are missing, and those that are superfluous
 */
export function translationErrors(event: EventDefinition): ValidationError[] {
  const { language, translations = {} } = event;
  const blocks = Object.entries(translations);
  if (language === undefined) {
    const detail = `is missing: the language of the texts that translations translate, one of ${languages.join(", ")}`;
    return event.translations === undefined ? [] : [{ pointer: "/language", detail }];
  }
  const expected = textsOf(event);
  const validationErrors = isLanguage(language) ? [] : [{ pointer: "/language", detail: unknownLanguage }];
  return [
    ...validationErrors,
    ...blocks.flatMap(([tag, block]) => {
      const pointer = `/translations/${escapeToken(tag)}`;
      if (!isLanguage(tag)) return [{ pointer, detail: unknownLanguage }];
      if (tag === language) return [{ pointer, detail: "is the language of the file's own texts" }];
      return differences(expected, block, pointer);
    }),
  ];
}

const offeredBy = new WeakMap<EventDefinition, readonly Language[]>();

/**
 * @returns the languages in which the event is shown, its default first: those of its texts, or every one where the
 *   file does not name theirs. The same array each time.
 */
export function languagesOf(event: EventDefinition): readonly Language[] {
  const { language, translations = {} } = event;
  if (language === undefined) return languages;
  const known = offeredBy.get(event);
  if (known) return known;
  const offered = [language, ...Object.keys(translations)].filter(isLanguage);
  offeredBy.set(event, offered);
  return offered;
}

/** @returns whether attendees can choose between languages in which the whole event is written */
export function hasChoiceOfLanguages(event: EventDefinition): boolean {
  return event.language !== undefined && languagesOf(event).length > 1;
}

function isTexts(value: unknown): value is Texts {
  return typeof value === "object" && value !== null;
}

/** @returns the same with these texts in the place of its own */
function withTexts<T extends object>(base: T, texts: Texts): T {
  const replaced = Object.entries(texts).map(([property, text]) => {
    const before = (base as Readonly<Record<string, unknown>>)[property];
    return [property, isTexts(text) && isTexts(before) ? withTexts(before, text) : text] as const;
  });
  return { ...base, ...Object.fromEntries(replaced) };
}

const translatedBy = new WeakMap<EventDefinition, Map<Language, EventDefinition>>();

/**
 * For whatever shows something. What is stored and exported is the default language's, as in the event itself.
 * @param event as in its file
 * @returns the event with the texts of this language, and the labels of options in `optionLabels`; the event itself for
 *   its default language and for one that it does not have. The same object each time.
 */
export function eventIn(event: EventDefinition, language: Language): EventDefinition {
  const block = event.translations?.[language];
  if (!block) return event;
  const byLanguage = translatedBy.get(event) ?? new Map<Language, EventDefinition>();
  translatedBy.set(event, byLanguage);
  const known = byLanguage.get(language);
  if (known) return known;
  const { fields: fieldBlocks = {}, ...texts } = block;
  const translated = {
    ...withTexts(event, texts as Texts),
    fields: event.fields.map((field) => {
      const { options: optionLabels, ...own } = fieldBlocks[field.id] ?? {};
      return { ...withTexts(field, own as Texts), ...(optionLabels && { optionLabels }) };
    }),
  };
  byLanguage.set(language, translated);
  return translated;
}
