/**
 * Secrets Manager can make up a random text, but cannot put a key id before it. So the key that a new stack begins with
 * comes as bare text, and is brought here into the form in which the web tier takes its keys. The key ids of later ones
 * are given by whoever rotates them (docs/operations.md).
 */

const firstKeyId = "k1";
const generatedKey = /^[A-Za-z0-9]{43}$/;

/**
 * @param text the secret's value
 * @returns `k1:` and base64 of 32 bytes for a generated key; anything else unchanged. Doing it twice is the same as once.
 */
export function nameReceiptKey(text: string): string {
  if (!generatedKey.test(text)) return text;
  return `${firstKeyId}:${Buffer.from(text, "base64").toString("base64")}`;
}
