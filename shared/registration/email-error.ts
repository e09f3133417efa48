/** Names what is wrong with an address that `emailPattern` rejects; the page provides the words. */
import { maxEmailLength } from "./email-address.ts";
import { isUnseen } from "./plain-text.ts";

export type EmailError =
  | "wideAt"
  | "noAt"
  | "several"
  | "twoAts"
  | "blank"
  | "unseen"
  | "nothingBefore"
  | "twoDots"
  | "dotFirst"
  | "dotBefore"
  | "letters"
  | "signs"
  | "noDot"
  | "domain"
  | "tooLong";

/** Characters mistaken for an @: full-width and small. */
const wideAt = /[＠﹫]/;
const severalAddresses = /@[^@]*[\s,;/|][^@]*@/;
const atomCharacters = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]*$/;
const maxLocalLength = 64;

function localError(local: string): EmailError | undefined {
  if (local === "") return "nothingBefore";
  if (local.includes("..")) return "twoDots";
  if (local.startsWith(".")) return "dotFirst";
  if (local.endsWith(".")) return "dotBefore";
  if (/\p{L}/u.test(local.replace(/[a-z]/g, ""))) return "letters";
  if (!atomCharacters.test(local)) return "signs";
  return local.length > maxLocalLength ? "tooLong" : undefined;
}

/**
 * @param address that was rejected, from `normalizeEmail`
 * @returns the first error, from the left
 */
export function emailError(address: string): EmailError {
  const at = address.lastIndexOf("@");
  if (at < 0) return wideAt.test(address) ? "wideAt" : "noAt";
  if (severalAddresses.test(address.slice(0, 2 * maxEmailLength))) return "several";
  if (/\s/.test(address)) return "blank";
  if (Array.from(address).some(isUnseen)) return "unseen";
  if (address.indexOf("@") !== at) return "twoAts";
  const domain = address.slice(at + 1);
  const validationError = localError(address.slice(0, at));
  if (validationError) return validationError;
  if (address.length > maxEmailLength) return "tooLong";
  return domain !== "" && !/[.。．｡]/.test(domain) ? "noDot" : "domain";
}
