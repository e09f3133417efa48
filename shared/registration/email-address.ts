/**
 * Which spellings are the same email address: the key of an attendee.
 *
 * The key is the address without its surroundings, in NFC, lower-cased, with the domain as A-label (RFC 5890:
 * `bücher.example` is `xn--bcher-kva.example`). Surroundings are blanks, invisible characters, and what is copied
 * along: `mailto:`, `Ada <…>`, quotes, a trailing comma. Plus tags and dots are kept: their meaning depends on the
 * provider. Quoted and non-ASCII local parts are rejected; see `email-error.ts`.
 */
import { domainToASCII } from "node:url";
import { isUnseen, trimUnseen } from "./plain-text.ts";

/** RFC 5321, 4.5.3.1: a path of 256 octets with its two angle brackets. */
export const maxEmailLength = 254;

const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/**
 * Pattern of a normalised address. Linear: neighbouring parts never match the same character; the length is checked
 * separately. The last label is not all digits, which excludes IPv4 addresses.
 */
export const emailPattern = `^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+(?![0-9]+$)${label}$`;

/** The rule for operators and programs; for attendees see `email-error.ts`. */
export const emailRule =
  "an address like name@example.org, at most 254 characters with at most 64 before the @, plain letters, digits and the usual signs before the @";

const ascii = /^[\x20-\x7e]*$/;
const nonAsciiDomain = /^[^\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+$/;

/** Only characters of plain addresses: nothing to remove. The usual case. */
const bare = /^[\w.!#$%&*+/=?^{|}~-]+@[\w.-]*[A-Za-z0-9]$/;

const mailto = /^mailto:([^?]*)(?:\?.*)?$/is;
/** Punctuation after an address; no domain ends with it. */
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

/** @returns the content of the only pair of angle brackets, with or without a display name (RFC 5322, 3.4) */
function bracketed(text: string): string | undefined {
  const start = text.indexOf("<");
  const inner = text.slice(start + 1, -1);
  return start >= 0 && text.endsWith(">") && inner.includes("@") && !/[<>]/.test(inner) ? inner : undefined;
}

/**
 * @returns the text without one layer of surroundings. Only characters that no address could have there are removed, so
 *   that two addresses never become one.
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

/**
 * @param given an address that `emailPattern` accepts in its key form
 * @returns it as a link (RFC 6068): what means something in a URL is encoded
 */
export function mailtoOf(given: string): string {
  return `mailto:${encodeURIComponent(normalizeEmail(given)).replaceAll("%40", "@")}`;
}

/** Zero-width joiner and non-joiner are valid in domains; the conversion decides. */
const joiners = /[\u200c\u200d]/g;

function isConvertible(domain: string): boolean {
  return nonAsciiDomain.test(domain) && !Array.from(domain.replace(joiners, "")).some(isUnseen);
}

/**
 * @param given the address as typed or pasted
 * @returns the key form; for an invalid domain, the lower-cased input without surroundings, which `emailPattern`
 *   rejects. Idempotent.
 */
export function normalizeEmail(given: string): string {
  if (given.length <= maxEmailLength && bare.test(given)) return given.toLowerCase();
  const trimmed = trimUnseen(given);
  if (trimmed.length > 4 * maxEmailLength) return trimmed;
  // NFC again: a lower-case character may compose with the mark after it (J̌ is ǰ).
  const text = unwrap(trimmed.normalize("NFC").toLowerCase().normalize("NFC"));
  if (ascii.test(text)) return text;
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1);
  // Only letters, digits, dots and hyphens may reach the conversion, which would also decode "%41" and read "0x7f". It
  // drops invisible characters.
  const aLabel = at > 0 && isConvertible(domain) ? domainToASCII(domain) : "";
  return aLabel === "" ? text : `${text.slice(0, at)}@${aLabel}`;
}
