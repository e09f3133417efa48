/**
 * The languages of pages and mails. Who is given which is decided where they are asked for.
 *
 * To add one: an entry here, and a file of its messages in `web/page/messages` and in `worker/mail/messages`.
 */

interface LanguageTraits {
  /** How it writes dates and numbers; also the `lang` of pages and mails, so that a page's script formats alike. */
  readonly locale: string;
  /** In itself, for those who look for it. */
  readonly name: string;
  readonly direction: "ltr" | "rtl";
  /** Where an online event is. */
  readonly online: string;
}

/** The first is the default. */
const traits = {
  en: { locale: "en-GB", name: "English", direction: "ltr", online: "Online" },
  de: { locale: "de-DE", name: "Deutsch", direction: "ltr", online: "Online-Veranstaltung" },
  ar: { locale: "ar", name: "العربية", direction: "rtl", online: "عبر الإنترنت" },
} as const satisfies Record<string, LanguageTraits>;

export type Language = keyof typeof traits;

export const languages = Object.keys(traits) as readonly Language[];

const defaultLanguage: Language = "en";

/** By language. */
export const languageTraits: Readonly<Record<Language, LanguageTraits>> = traits;

/** @returns whether pages and mails have messages in it */
export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(traits, tag);
}

/**
 * @param tag language tag (BCP 47) of a registration or a request for a mail
 * @param offered of which to choose; the first is the default
 * @returns the language that it names, whatever its region; the default for others and for none
 */
export function languageOf(tag: string | undefined, offered: readonly Language[] = languages): Language {
  const primary = tag?.split("-", 1)[0];
  return offered.find((language) => language === primary) ?? offered[0] ?? defaultLanguage;
}
