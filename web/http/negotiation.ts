/**
 * Content negotiation (RFC 9110, 12): which of what we have suits a request's `Accept…` header best. The rules are the
 * library's; here is only how much of a header is read, and what we have.
 */
import Negotiator from "negotiator";

/** Characters of a header that are looked at; nobody's real preferences are longer. */
const maxHeaderLength = 1_000;
/** A weight is 0 to 1. A preference with another one has none. */
const brokenWeight = /;\s*q\s*=(?!\s*[01](?:[.,;\s]|$))[^,;]*/gi;

interface Encodings {
  encodings(available: readonly string[], options: { readonly preferred: readonly string[] }): string[];
}

function readable(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const end = header.length > maxHeaderLength ? header.lastIndexOf(",", maxHeaderLength) : header.length;
  return header.slice(0, Math.max(end, 0)).replace(brokenWeight, ";q=0");
}

/** @returns the best one, the first where several suit alike, undefined where none does */
export function preferredMediaType<T extends string>(accept: string | undefined, available: readonly T[]) {
  return new Negotiator({ headers: { accept: readable(accept) } }).mediaType(available) as T | undefined;
}

/**
 * Whoever prefers `de-AT` prefers German: regions are ignored. By itself the library would take a language that is named
 * exactly before one that is named first with a region.
 * @returns the one that is preferred most, the first named where several are wanted alike, undefined where none is
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

/** @returns the best one, of those with the same weight the first that is available; undefined where none suits */
export function preferredEncoding<T extends string>(acceptEncoding: string | undefined, available: readonly T[]) {
  // Its types do not know the second parameter, which says what comes first of those that are wanted alike.
  const negotiator: unknown = new Negotiator({ headers: { "accept-encoding": readable(acceptEncoding) } });
  const [best] = (negotiator as Encodings).encodings(available, { preferred: available });
  return best as T | undefined;
}
