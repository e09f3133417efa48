/**
 * The address in keys of limits: a keyed hash, so that the table of what was sent does not list who was written to. The
 * key comes from the first receipt key; a new one forgets the day's limits, no more.
 *
 * Addresses that differ in their plus tag alone are one mailbox at most providers, and so here: otherwise somebody could
 * fill it with as many mails as there are tags.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

const hashBytes = 32;
const purpose = "turnout mail limits";

/** @param email in key form. @returns it without its plus tag: equal for all addresses of one mailbox */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf("@");
  const tag = email.indexOf("+");
  return tag > 0 && tag < at ? email.slice(0, tag) + email.slice(at) : email;
}

/** @param keys as `parseReceiptKeys` gives them. @returns the hash of the mailbox of an address in key form, in base64url */
export function createAddressHash(keys: ReadonlyMap<string, KeyObject>): (email: string) => string {
  const [first] = keys.values();
  if (!first) throw new Error("there is no receipt key");
  const key = createSecretKey(Buffer.from(hkdfSync("sha256", first, "", purpose, hashBytes)));
  return (email) => createHmac("sha256", key).update(mailboxOf(email)).digest("base64url");
}
