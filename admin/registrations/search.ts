/**
 * Finds people by part of an address or a name. Case, accents and the spelling in Unicode make no difference: "muller"
 * finds Müller, and "bücher" finds an address at xn--bcher-kva.example.
 */
import { domainToUnicode } from "node:url";
import { referenceOf } from "../../shared/registration/reference.ts";
import { isTombstone, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import type { Reader, ReadThrough, RegistrationSource, SeenRegistration } from "./registration-source.ts";

export interface FoundPerson {
  /** In key form. */
  readonly email: string;
  /** Undefined of one that was withdrawn. */
  readonly name: string | undefined;
  readonly reference: string | undefined;
  /** ISO 8601, UTC. */
  readonly submittedAt: string | undefined;
  /** When it was withdrawn by the attendee, while that is kept: ISO 8601, UTC. */
  readonly withdrawnAt: string | undefined;
}

export interface SearchResult extends ReadThrough {
  /** In the order of their addresses. */
  readonly found: readonly FoundPerson[];
}

const marks = /\p{M}+/gu;

/** @returns the text as it is compared: compatible characters alike, without accents and case */
export function folded(text: string): string {
  // By way of upper case, where ß is SS; ẞ has to be ß before.
  return text.normalize("NFKD").replace(marks, "").toLowerCase().toUpperCase().toLowerCase();
}

/** @returns the words of a search, each of which has to be found; none of a blank text */
export function searchWords(text: string): string[] {
  return folded(text).split(/\s+/).filter(Boolean);
}

function searchable({ email = "", name }: { readonly email?: string; readonly name?: unknown }): string {
  const at = email.lastIndexOf("@");
  const domain = email.slice(at + 1);
  const readable = domain.includes("xn--") ? `\n${email.slice(0, at + 1)}${domainToUnicode(domain)}` : "";
  return folded(`${email}${readable}${typeof name === "string" ? `\n${name}` : ""}`);
}

function personOf(item: SeenRegistration | TombstoneItem): FoundPerson | undefined {
  const { email = "", registrationId } = item;
  if (isTombstone(item)) {
    if (item.tombstone !== "withdrawn") return undefined;
    return { email, name: undefined, reference: undefined, submittedAt: undefined, withdrawnAt: item.at };
  }
  const { name, submittedAt } = item;
  const reference = registrationId === undefined ? undefined : referenceOf(registrationId);
  return { email, name, reference, submittedAt, withdrawnAt: undefined };
}

export interface SearchOptions extends Pick<Reader, "onProgress" | "signal"> {
  readonly source: RegistrationSource;
  /** From `searchWords`, at least one. */
  readonly words: readonly string[];
  /** People to find at most; then it stops reading. */
  readonly limit: number;
  /** Called with each. */
  readonly onFound?: (person: FoundPerson) => void;
}

/** @returns those found; `complete` is false when there may be more. @throws what the source throws */
export async function searchRegistrations(options: SearchOptions): Promise<SearchResult> {
  const { source, words, limit, onProgress, signal, onFound } = options;
  const found: FoundPerson[] = [];
  const through = await source({
    signal,
    onProgress,
    take(item) {
      const text = searchable(item);
      if (!words.every((word) => text.includes(word))) return true;
      const person = personOf(item);
      if (person === undefined) return true;
      if (found.length >= limit) return false;
      found.push(person);
      onFound?.(person);
      return true;
    },
  });
  return { ...through, found: found.toSorted((a, b) => (a.email < b.email ? -1 : 1)) };
}
