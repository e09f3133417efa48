/**
 * What counts as one and the same email address: the rule by which an attendee is known.
 *
 * The key is the address with surrounding blanks removed, in Unicode form NFC, lower-cased, its domain as an A-label
 * (RFC 5890: `bücher.example` is `xn--bcher-kva.example`). Plus tags and dots stay: whether they matter is the mail
 * provider's business. Quoted local parts and local parts outside ASCII are refused, with a message that says so.
 */
import { domainToASCII } from "node:url";

/** RFC 5321, 4.5.3.1: a path of 256 octets with its two angle brackets. */
export const maxEmailLength = 254;

const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/**
 * A normalised address, as JSON Schema pattern. Linear: no two neighbouring parts can match the same character,
 * and the length is checked beside it. The last label is never all digits, so an IPv4 address is none.
 */
export const emailPattern = `^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+(?![0-9]+$)${label}$`;

/** How the rule is told to somebody who broke it. */
export const emailRule =
  "an address like name@example.org, at most 254 characters with at most 64 before the @, plain letters, digits and the usual signs before the @";

const ascii = /^[\x20-\x7e]*$/;
const nonAsciiDomain = /^[^\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+$/;

/**
 * @param given the address as typed
 * @returns the key form; where the domain has none, the text trimmed and lower-cased, which `emailPattern` then refuses.
 *   Normalising twice is the same as once.
 */
export function normalizeEmail(given: string): string {
  const text = given.trim();
  if (text.length > 4 * maxEmailLength) return text;
  if (ascii.test(text)) return text.toLowerCase();
  // Again NFC: the small form of a character can be one that composes with the mark after it (J̌ is ǰ).
  const lower = text.normalize("NFC").toLowerCase().normalize("NFC");
  if (ascii.test(lower)) return lower;
  const at = lower.lastIndexOf("@");
  const domain = lower.slice(at + 1);
  // Only letters, digits, dots and hyphens may reach the conversion: it would also decode "%41" and read "0x7f".
  const aLabel = at > 0 && nonAsciiDomain.test(domain) ? domainToASCII(domain) : "";
  return aLabel === "" ? lower : `${lower.slice(0, at)}@${aLabel}`;
}
