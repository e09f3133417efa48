/** The notices that people order while the event runs, in the language of a page. */
import { eventLanguage, type NoticeTexts } from "../../shared/acceptance/acceptance.ts";
import { isLanguage, languages, languageTraits, type Language } from "../../shared/page/language.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";

export interface Notice {
  readonly text: string;
  /** Undefined where nobody said which it is. */
  readonly language?: Language;
  /** For the `lang` attribute; only where it is not the page's language. */
  readonly lang?: string;
  readonly dir: "ltr" | "rtl" | "auto";
}

/** @returns the text in this language, else in the event's own, else in any; undefined where there is none */
export function noticeIn(texts: NoticeTexts, pageLanguage: Language, event: EventDefinition): Notice | undefined {
  const own = event.language !== undefined && isLanguage(event.language) ? event.language : undefined;
  const byLanguage = { ...(own && texts[eventLanguage] && { [own]: texts[eventLanguage] }), ...texts };
  const order = [pageLanguage, ...(own ? [own] : []), eventLanguage, ...languages] as const;
  const chosen = order.find((language) => byLanguage[language] !== undefined);
  const text = chosen && byLanguage[chosen];
  if (chosen === undefined || text === undefined) return undefined;
  if (chosen === eventLanguage) return { text, dir: "auto" };
  const { locale, direction } = languageTraits[chosen];
  return { text, language: chosen, dir: direction, ...(chosen !== pageLanguage && { lang: locale }) };
}
