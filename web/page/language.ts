/**
 * Which of the page's languages an attendee is answered in.
 */

/** The first one is the answer to everybody who prefers none of them. */
export const languages = ["en", "de"] as const;

export type Language = (typeof languages)[number];

/** Characters of an Accept-Language header that are looked at; nobody's real preferences are longer. */
const maxHeaderLength = 200;

/**
 * @param acceptLanguage the request's header (RFC 9110, 12.5.4)
 * @returns the language with the highest weight, the first named where weights are equal; regions are ignored
 */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  let best: Language = languages[0];
  let bestWeight = 0;
  for (const range of (acceptLanguage ?? "").slice(0, maxHeaderLength).split(",")) {
    const [tag = "", ...parameters] = range.split(";");
    const primary = tag.trim().split("-", 1)[0]?.toLowerCase();
    const language = primary === "*" ? languages[0] : languages.find((known) => known === primary);
    const weight = quality(parameters);
    if (language !== undefined && weight > bestWeight) {
      best = language;
      bestWeight = weight;
    }
  }
  return best;
}

function quality(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name, value] = parameter.split("=");
    if (name?.trim().toLowerCase() !== "q") continue;
    const weight = Number(value?.trim());
    return weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}
