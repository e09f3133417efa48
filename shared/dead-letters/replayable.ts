/** Whether a dead letter can be replayed, and what would be sent: the same check for dry runs, replays and edits. */
import { randomUUID } from "node:crypto";
import type { ValidationError } from "../errors.ts";
import { encodeRegistration, maxPackBytes, packFrameBytes } from "../registration/registration-pack.ts";
import { registrationErrors, type Registration } from "../registration/registration.ts";

export type Replayable =
  /** `encoded` is the registration as in a pack, sent under `claim`. */
  | { readonly kind: "replayable"; readonly encoded: string; readonly claim: string }
  | { readonly kind: "refused"; readonly validationErrors: readonly ValidationError[] };

function refused(pointer: string, detail: string): Replayable {
  return { kind: "refused", validationErrors: [{ pointer, detail }] };
}

/**
 * @param id of the record, set as the registration's `replayOf`
 * @param kept the registration in the record, edits included; undefined when unreadable
 * @param claim under which it will be sent, never used before. Default: a random one
 */
export function toReplayable(id: string, kept: Registration | undefined, claim: string = randomUUID()): Replayable {
  if (kept === undefined) {
    return refused("", "no registration can be read from the body; mend it with: turnout dead-letters edit");
  }
  const registration: Registration = { ...kept, replayOf: id, claim };
  const validationErrors = registrationErrors(registration);
  if (validationErrors.length > 0) return { kind: "refused", validationErrors };
  const encoded = encodeRegistration(registration);
  const bytes = Buffer.byteLength(encoded) + packFrameBytes;
  if (bytes > maxPackBytes) return refused("", `has ${bytes} bytes as a message; at most ${maxPackBytes} are sent`);
  return { kind: "replayable", encoded, claim };
}

/** @returns the errors on one line */
export function describeErrors(validationErrors: readonly ValidationError[]): string {
  return validationErrors.map(({ pointer, detail }) => (pointer === "" ? detail : `${pointer} ${detail}`)).join("; ");
}
