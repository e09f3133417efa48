/** What is stored of a registration, for its page: each entry with the label of its field, in the order of the form. */
import { languageTraits, type Language } from "../../shared/page/language.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { shownAnswers } from "../../shared/registration/shown-answers.ts";
import type { StoredContent } from "../status/status-reads.ts";
import type { Messages } from "./messages.ts";

export interface StoredEntry {
  readonly label: string;
  /** Lines. */
  readonly value: string;
}

/**
 * @param event in the language of the page
 * @returns the entries that there are, the address excepted
 */
export function storedEntries(
  { name, answers }: StoredContent,
  { fields }: Pick<EventDefinition, "fields">,
  language: Language,
  text: Messages,
): StoredEntry[] {
  const words = { locale: languageTraits[language].locale, yes: text("stored.yes"), no: text("stored.no") };
  return [
    { label: text("form.name"), value: name },
    ...shownAnswers(answers, fields, words).map(({ label, value, agreedTo }) => ({
      label,
      value: agreedTo ? `${value}\n${agreedTo.wording}` : value,
    })),
  ];
}
