/** Chooses the page's language. */
import { preferredLanguage } from "../http/negotiation.ts";

/** The first is the default. */
export const languages = ["en", "de"] as const;

export type Language = (typeof languages)[number];

/**
 * @param acceptLanguage the request's header (RFC 9110, 12.5.4)
 * @returns the language with the highest weight, the first named among equals; regions are ignored
 */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  return preferredLanguage(acceptLanguage, languages) ?? languages[0];
}
