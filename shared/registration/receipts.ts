/**
 * Receipts: what an attendee gets for a registration, and the only way to ask about it, to correct and to withdraw it.
 *
 *     <key id>.<base64url of nonce (12 bytes) | ciphertext | tag (16 bytes)>
 *
 * AES-256-GCM over {email, registration id, submitted at}, and, where they apply, a claim to the mailbox, the time of
 * the holder's latest change and the holder's language, with the key id authenticated. The receipt is the status
 * URL: no index, no extra write, not guessable, no address in URLs or logs.
 *
 * Measured: a Buffer as key, random bytes per call and many small Buffers cost 39 µs; KeyObjects, pooled nonces and one
 * output buffer cost a sixth.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomFillSync, type KeyObject } from "node:crypto";
import { TurnoutError } from "../errors.ts";

export interface ReceiptContent {
  readonly email: string;
  readonly registrationId: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly submittedAt: string;
  /** It was sent to the address: whoever has it reads that mailbox, and may see what is stored. */
  readonly mailbox?: true;
  /** When its holder last changed the registration: ISO 8601, UTC, milliseconds. */
  readonly changedAt?: string;
  /** Language tag of the registration, where it is not the event's default and its pages are in it. */
  readonly language?: string;
}

export interface Receipts {
  seal(content: ReceiptContent): string;
  /** @returns undefined alike when tampered, truncated, foreign, or sealed with a removed key */
  open(receipt: string): ReceiptContent | undefined;
}

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const noncesInPool = 512;
const mailboxMark = "mailbox";
/** Longest receipt accepted: the longest content and its frame, in base64url. */
const maxReceiptLength = 700;

const keyFormat = /^[A-Za-z0-9_-]{1,16}$/;

/**
 * @param text `kid:base64` of 32 bytes each, comma-separated; the first seals, all open. To rotate, put the new key
 *   first and keep the old one as long as its receipts matter.
 * @throws TURNOUT_ENVIRONMENT_INVALID naming the position of the error, never the key
 */
export function parseReceiptKeys(text: string): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const [index, part] of text.split(",").entries()) {
    const [id = "", encoded = ""] = part.trim().split(":");
    const secret = Buffer.from(encoded, "base64");
    const reason = !keyFormat.test(id)
      ? "has no key id of 1 to 16 letters, digits, _ or -"
      : keys.has(id)
        ? `uses the key id ${id} again`
        : secret.length === keyBytes
          ? undefined
          : `has ${secret.length} bytes of key, allowed are exactly ${keyBytes}, in base64`;
    if (reason) {
      throw new TurnoutError("TURNOUT_ENVIRONMENT_INVALID", `RECEIPT_KEYS: entry ${index + 1} ${reason}`, {
        validationErrors: [{ pointer: "/RECEIPT_KEYS", detail: `entry ${index + 1} ${reason}` }],
      });
    }
    keys.set(id, createSecretKey(secret));
  }
  return keys;
}

/** @param keys at least one, as `parseReceiptKeys` gives them */
export function createReceipts(keys: ReadonlyMap<string, KeyObject>): Receipts {
  const [first] = keys;
  if (!first) throw new TurnoutError("TURNOUT_ENVIRONMENT_INVALID", "RECEIPT_KEYS holds no key.");
  const [sealingId, sealingKey] = first;
  const sealingAad = Buffer.from(sealingId);
  const prefix = `${sealingId}.`;
  const pool = Buffer.allocUnsafe(nonceBytes * noncesInPool);
  let nextNonce = noncesInPool;

  function nonce(): Buffer {
    if (nextNonce === noncesInPool) {
      randomFillSync(pool);
      nextNonce = 0;
    }
    const start = nextNonce * nonceBytes;
    nextNonce += 1;
    return pool.subarray(start, start + nonceBytes);
  }

  return {
    seal({ email, registrationId, submittedAt, mailbox, changedAt, language }) {
      const iv = nonce();
      const isMarked = mailbox || changedAt !== undefined || language !== undefined;
      const marks = isMarked ? `\n${mailbox ? mailboxMark : ""}\n${changedAt ?? ""}` : "";
      const inLanguage = language === undefined ? "" : `\n${language}`;
      const cipher = createCipheriv(algorithm, sealingKey, iv);
      cipher.setAAD(sealingAad);
      const body = cipher.update(`${registrationId}\n${submittedAt}\n${email}${marks}${inLanguage}`, "utf8");
      cipher.final();
      const sealed = Buffer.allocUnsafe(nonceBytes + body.length + tagBytes);
      iv.copy(sealed);
      body.copy(sealed, nonceBytes);
      cipher.getAuthTag().copy(sealed, nonceBytes + body.length);
      return prefix + sealed.toString("base64url");
    },
    open(receipt) {
      if (receipt.length > maxReceiptLength) return undefined;
      const dot = receipt.indexOf(".");
      const id = receipt.slice(0, Math.max(dot, 0));
      const key = keys.get(id);
      if (!key) return undefined;
      const sealed = Buffer.from(receipt.slice(dot + 1), "base64url");
      if (sealed.length <= nonceBytes + tagBytes) return undefined;
      // Base64 allows several spellings of a value; only the canonical one is a receipt.
      if (sealed.toString("base64url") !== receipt.slice(dot + 1)) return undefined;
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(id));
      decipher.setAuthTag(sealed.subarray(-tagBytes));
      let text: string;
      try {
        text = decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
      } catch {
        return undefined;
      }
      const [registrationId, submittedAt, email, mark, changedAt, language] = text.split("\n");
      if (!registrationId || !submittedAt || !email) return undefined;
      return {
        email,
        registrationId,
        submittedAt,
        ...(mark === mailboxMark && { mailbox: true }),
        ...(changedAt && { changedAt }),
        ...(language && { language }),
      };
    },
  };
}
