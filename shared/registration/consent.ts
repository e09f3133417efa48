/**
 * What is kept of a consent: its exact wording and the wording's hash, so that it can be told later what somebody agreed
 * to, and compared without reading. Forms and programs send `true`; the web tier stores the record.
 */
import { hash } from "node:crypto";
import { languageOf } from "../page/language.ts";
import type { EventDefinition } from "./event-definition.ts";
import { eventIn, languagesOf } from "./event-translation.ts";
import type { Answer } from "./registration.ts";

const frame = /^sha256:[0-9a-f]{64} /;

/** @returns what is stored of a consent to this wording */
export function consentRecord(wording: string): string {
  return `sha256:${hash("sha256", wording)} ${wording}`;
}

/** JSON Schema pattern of any consent's record. */
export const consentRecordPattern = "^sha256:[0-9a-f]{64} ";

/** @returns the wording in a record; undefined for anything else */
export function wordingOf(record: unknown): string | undefined {
  return typeof record === "string" && frame.test(record) ? record.replace(frame, "") : undefined;
}

/** @returns the hash in a record, such as `sha256:0f…`; undefined for anything else */
export function hashOf(record: unknown): string | undefined {
  return typeof record === "string" ? frame.exec(record)?.[0].trimEnd() : undefined;
}

/** @returns a consent's wordings of today: one in each language of the event, its default first */
export function wordingsIn(event: EventDefinition, id: string): readonly string[] {
  return languagesOf(event).flatMap((language) => {
    const field = eventIn(event, language).fields.find((one) => one.id === id);
    return field?.type === "consent" ? [field.text] : [];
  });
}

/**
 * @returns answers as they were sent, from those that are stored: who agreed to today's wording, in whatever language,
 *   agrees again
 */
export function submittedAnswers<Given extends object>(answers: Given, event: EventDefinition): Given {
  const stored = answers as Readonly<Record<string, unknown>>;
  const agreed = event.fields.filter(({ id, type }) => {
    const wording = type === "consent" ? wordingOf(stored[id]) : undefined;
    return wording !== undefined && wordingsIn(event, id).includes(wording);
  });
  if (agreed.length === 0) return answers;
  return { ...answers, ...Object.fromEntries(agreed.map(({ id }) => [id, true])) };
}

export interface ConsentRecords {
  /**
   * @param language language tag of what was shown. Default: the event's own.
   * @returns the answers as they are stored: each consent with the wording in that language, which is what was agreed
   *   to; the same object where there is none
   */
  keep(answers: Record<string, Answer>, language?: string): Record<string, Answer>;
}

/** The records are made once. */
export function createConsentRecords(event: EventDefinition): ConsentRecords {
  if (!event.fields.some(({ type }) => type === "consent")) return { keep: (answers) => answers };
  const offered = languagesOf(event);
  const recordsByLanguage = new Map(
    offered.map((language) => {
      const records = eventIn(event, language).fields.flatMap((field) =>
        field.type === "consent" ? [[field.id, consentRecord(field.text)] as const] : [],
      );
      return [language, records] as const;
    }),
  );
  return {
    keep(answers, language) {
      const kept = { ...answers };
      const records = recordsByLanguage.get(languageOf(language, offered)) ?? [];
      for (const [id, record] of records) if (kept[id] === true) kept[id] = record;
      return kept;
    },
  };
}
