/**
 * Secrets Manager can generate a random text but not prefix it with a key id. So the first key is bare text, converted
 * here to the web tier's format. Key ids of later keys are chosen by the operator (docs/operations.md).
 */

const firstKeyId = "k1";
const generatedKey = /^[A-Za-z0-9]{43}$/;

/**
 * @param text the secret's value
 * @returns `k1:` and base64 of 32 bytes for a generated key; anything else unchanged. Idempotent.
 */
export function nameReceiptKey(text: string): string {
  if (!generatedKey.test(text)) return text;
  return `${firstKeyId}:${Buffer.from(text, "base64").toString("base64")}`;
}
