/** Content negotiation (RFC 9110, 12) by a library; here are only the available values and a bound on the header. */
import Negotiator from "negotiator";

/** Characters of a header that are read; real ones are shorter. */
const maxHeaderLength = 1_000;
/** A weight is 0 to 1; others are ignored. */
const brokenWeight = /;\s*q\s*=(?!\s*[01](?:[.,;\s]|$))[^,;]*/gi;

interface Encodings {
  encodings(available: readonly string[], options: { readonly preferred: readonly string[] }): string[];
}

function readable(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const end = header.length > maxHeaderLength ? header.lastIndexOf(",", maxHeaderLength) : header.length;
  return header.slice(0, Math.max(end, 0)).replace(brokenWeight, ";q=0");
}

/** @returns the best one, the first among equals; undefined when none is acceptable */
export function preferredMediaType<T extends string>(accept: string | undefined, available: readonly T[]) {
  return new Negotiator({ headers: { accept: readable(accept) } }).mediaType(available) as T | undefined;
}

/**
 * Ignores regions: `de-AT` means German. By itself the library prefers an exact match to a higher-ranked one with a
 * region.
 * @returns the most preferred one, the first named among equals; undefined when none is acceptable
 */
export function preferredLanguage<T extends string>(acceptLanguage: string | undefined, available: readonly T[]) {
  const negotiator = new Negotiator({ headers: { "accept-language": readable(acceptLanguage) } });
  const acceptable = negotiator.languages(available) as T[];
  const preferences = negotiator.languages().map((tag) => tag.split("-", 1)[0]?.toLowerCase());
  const isMeant = (language: T, preference: string | undefined) =>
    preference === "*" ? !preferences.includes(language) : language === preference;
  return preferences
    .flatMap((preference) => available.filter((language) => isMeant(language, preference)))
    .find((language) => acceptable.includes(language));
}

/** @returns the best one, the first available among equal weights; undefined when none is acceptable */
export function preferredEncoding<T extends string>(acceptEncoding: string | undefined, available: readonly T[]) {
  // Its types lack the second parameter, the order among equals.
  const negotiator: unknown = new Negotiator({ headers: { "accept-encoding": readable(acceptEncoding) } });
  const [best] = (negotiator as Encodings).encodings(available, { preferred: available });
  return best as T | undefined;
}
