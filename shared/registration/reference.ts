/**
 * The short name of a registration, to be read out at the entrance: the same wherever it is shown, and of no use to
 * anybody who only has it, since nothing is found by it without the right to read the table.
 */
import { hash } from "node:crypto";

/** Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, which are mistaken for others. */
const digits = "0123456789";
const letters = "ABCDEFGHJKMNPQRSTVWXYZ";
const signs = digits + letters;

export const referencePattern = `^[${letters}][${signs}]{3}-[${signs}]{4}$`;

/** A letter first; each sign takes a byte of its own. */
function signAt(digest: Buffer, index: number): string {
  const alphabet = index === 0 ? letters : signs;
  return alphabet.charAt((digest[index] ?? 0) % alphabet.length);
}

/**
 * 39 bits: among 100,000 registrations, two share one in an event out of 150. It begins with a letter, so that no
 * spreadsheet takes it for a number: 791E-2292 would be one.
 * @returns such as `W7K3-M9XA`, the same for the same registration
 */
export function referenceOf(registrationId: string): string {
  const digest = hash("sha256", `reference\n${registrationId}`, "buffer");
  const half = (start: number) => [0, 1, 2, 3].map((offset) => signAt(digest, start + offset)).join("");
  return `${half(0)}-${half(4)}`;
}

const pattern = new RegExp(referencePattern);

/**
 * @param text as somebody read it out and somebody else typed it: any case, with or without hyphen and blanks, and with
 *   the letters that it never has for the digits that they are mistaken for
 * @returns the reference; undefined for anything else
 */
export function readReference(text: string): string | undefined {
  const typed = text.replaceAll(/[\s\p{Pd}]/gu, "").toUpperCase();
  const read = typed.replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  const reference = `${read.slice(0, 4)}-${read.slice(4)}`;
  return pattern.test(reference) ? reference : undefined;
}
