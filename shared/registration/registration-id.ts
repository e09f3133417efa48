/** The registration's id tells a redelivery (same id) from a second submission of an address (different id). */
import { hash, randomUUID } from "node:crypto";
import { TurnoutError } from "../errors.ts";

/** Format of an `Idempotency-Key`: 1 to 128 visible ASCII characters (draft-ietf-httpapi-idempotency-key-header). */
export const idempotencyKeyPattern = "^[!-~]{1,128}$";
const keyFormat = new RegExp(idempotencyKeyPattern);

/**
 * @param idempotencyKey the request's header, if any
 * @param email in key form
 * @returns the same id for the same key and email; a random one without a key
 * @throws TURNOUT_IDEMPOTENCY_KEY_INVALID
 */
export function registrationId(idempotencyKey: string | undefined, email: string): string {
  if (idempotencyKey === undefined) return randomUUID();
  if (!keyFormat.test(idempotencyKey)) {
    throw new TurnoutError(
      "TURNOUT_IDEMPOTENCY_KEY_INVALID",
      "The Idempotency-Key must be 1 to 128 visible ASCII characters, such as a UUID.",
    );
  }
  return hash("sha256", `${idempotencyKey}\n${email}`, "hex").slice(0, 32);
}
