/**
 * What counts as one and the same email address: the rule by which an attendee is known.
 *
 * The key is the address without what surrounds it, in Unicode form NFC, lower-cased, its domain as an A-label
 * (RFC 5890: `bücher.example` is `xn--bcher-kva.example`). What surrounds it are blanks and invisible characters, and what
 * mail programs and people copy along with an address: `mailto:`, `Ada <…>`, quotation marks, a comma behind it. Plus tags
 * and dots stay: whether they matter is the mail provider's business. Quoted local parts and local parts outside ASCII are
 * rejected; `email-error.ts` says why.
 */
import { domainToASCII } from "node:url";
import { isUnseen, trimUnseen } from "./plain-text.ts";

/** RFC 5321, 4.5.3.1: a path of 256 octets with its two angle brackets. */
export const maxEmailLength = 254;

const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/**
 * A normalised address, as JSON Schema pattern. Linear: no two neighbouring parts can match the same character,
 * and the length is checked beside it. The last label is never all digits, so an IPv4 address is none.
 */
export const emailPattern = `^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+(?![0-9]+$)${label}$`;

/** How the rule is told to an operator or a program that broke it; for an attendee, see `email-error.ts`. */
export const emailRule =
  "an address like name@example.org, at most 254 characters with at most 64 before the @, plain letters, digits and the usual signs before the @";

const ascii = /^[\x20-\x7e]*$/;
const nonAsciiDomain = /^[^\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+$/;

/** Of signs that stand around no address: nothing can be taken off it. Nearly every address that is typed is of these. */
const bare = /^[\w.!#$%&*+/=?^{|}~-]+@[\w.-]*[A-Za-z0-9]$/;

const mailto = /^mailto:([^?]*)(?:\?.*)?$/is;
/** Signs at the end of a sentence or between entries of a list. No domain ends with one of them. */
const endings = new Set(",;.:!，；。．｡、；…");
const closingBy = new Map([
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
  ["“", "”"],
  ["„", "“"],
  ["”", "”"],
  ["‘", "’"],
  ["‚", "‘"],
  ["’", "’"],
  ["«", "»"],
  ["»", "«"],
  ["‹", "›"],
  ["›", "‹"],
  ["(", ")"],
  ["[", "]"],
]);

/** @returns what stands in the only pair of angle brackets, behind a display name or not (RFC 5322, 3.4) */
function bracketed(text: string): string | undefined {
  const start = text.indexOf("<");
  const inner = text.slice(start + 1, -1);
  return start >= 0 && text.endsWith(">") && inner.includes("@") && !/[<>]/.test(inner) ? inner : undefined;
}

/**
 * @returns the text without one layer of what is unmistakably no part of an address. A sign is only taken off where no
 *   address could have it, so that no two addresses become one.
 */
function unwrapOnce(text: string): string {
  const trimmed = trimUnseen(text);
  let end = trimmed.length;
  while (end > 0 && endings.has(trimmed.charAt(end - 1))) end -= 1;
  if (end < trimmed.length) return trimmed.slice(0, end);
  const inner = bracketed(trimmed) ?? mailto.exec(trimmed)?.[1];
  if (inner !== undefined) return inner;
  return end > 1 && closingBy.get(trimmed.charAt(0)) === trimmed.charAt(end - 1) ? trimmed.slice(1, -1) : trimmed;
}

function unwrap(text: string): string {
  for (let rest = text; ;) {
    const next = unwrapOnce(rest);
    if (next === rest) return next;
    rest = next;
  }
}

/** Zero-width joiner and non-joiner, which a domain may hold: the conversion knows where. */
const joiners = /[\u200c\u200d]/g;

function isConvertible(domain: string): boolean {
  return nonAsciiDomain.test(domain) && !Array.from(domain.replace(joiners, "")).some(isUnseen);
}

/**
 * @param given the address as typed or pasted
 * @returns the key form; where the domain has none, what was given without its surroundings, lower-cased, which
 *   `emailPattern` then rejects. Normalising twice is the same as once.
 */
export function normalizeEmail(given: string): string {
  if (given.length <= maxEmailLength && bare.test(given)) return given.toLowerCase();
  const trimmed = trimUnseen(given);
  if (trimmed.length > 4 * maxEmailLength) return trimmed;
  // Again NFC: the small form of a character can be one that composes with the mark after it (J̌ is ǰ).
  const text = unwrap(trimmed.normalize("NFC").toLowerCase().normalize("NFC"));
  if (ascii.test(text)) return text;
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1);
  // Only letters, digits, dots and hyphens may reach the conversion: it would also decode "%41" and read "0x7f". It drops
  // invisible characters, which are no part of a domain that anybody means.
  const aLabel = at > 0 && isConvertible(domain) ? domainToASCII(domain) : "";
  return aLabel === "" ? text : `${text.slice(0, at)}@${aLabel}`;
}
