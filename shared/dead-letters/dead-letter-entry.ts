/**
 * The entries of a dead letter's body, one per registration. The body is kept as received, so that a later version may
 * read what this one cannot.
 */
import { hash } from "node:crypto";
import { idOfBody } from "./dead-letter-record.ts";
import {
  decodePack,
  encodeEntry,
  isOfAnotherVersion,
  readEnvelope,
  type PackEnvelope,
} from "../registration/registration-pack.ts";
import { corrected, isChange, type Change } from "../registration/change.ts";
import { isInstant, isRegistration, type Registration } from "../registration/registration.ts";

export interface DeadLetterEntry {
  /** Id of its record: the registration's, that of the record it replays, or one derived from the body. */
  readonly id: string;
  /** A pack of this entry alone, unchanged. */
  readonly body: string;
  /** The registration in it; undefined when unreadable. */
  readonly registration: Registration | undefined;
  /** The change that it is, if it is a valid one. */
  readonly change?: Change;
  /** The claim it was replayed under. */
  readonly claim: string | undefined;
  /** What is known of an entry that is no registration to this version. */
  readonly email: string | undefined;
  readonly submittedAt: string | undefined;
}

const idFormat = /^[A-Za-z0-9-]{8,64}$/;
const longestText = 320;
/** A pack's additional properties are kept with each of its entries; beyond this size it is no pack of ours. */
const maxFrameBytes = 4_096;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ofBody(body: string): DeadLetterEntry {
  const none = { registration: undefined, claim: undefined, email: undefined, submittedAt: undefined };
  return { id: idOfBody(body), body, ...none };
}

function ofRegistration(registration: Registration, body: string): DeadLetterEntry {
  const { id, replayOf, claim, submittedAt } = registration;
  return { id: replayOf ?? id, body, registration, claim, email: undefined, submittedAt };
}

/** A change has a record of its own: that of its registration, if there is one, is about something else. */
function ofChange(change: Change, body: string): DeadLetterEntry {
  const { email, submittedAt } = change;
  const id = `change-${hash("sha256", JSON.stringify(change), "hex").slice(0, 32)}`;
  const registration = change.kind === "correction" ? corrected(change) : undefined;
  return { id, body, change, registration, claim: undefined, email: registration ? undefined : email, submittedAt };
}

/** For an entry that is no registration but may carry its identity. */
function ofEntry(entry: unknown, body: string): DeadLetterEntry {
  const { id, replayOf, claim, email, submittedAt } = isRecord(entry) ? entry : {};
  const text = (value: unknown) =>
    typeof value === "string" && value !== "" && value.length <= longestText && value.isWellFormed()
      ? value
      : undefined;
  const named = [replayOf, id].find((name) => typeof name === "string" && idFormat.test(name));
  const time = text(submittedAt);
  return {
    id: (named as string | undefined) ?? idOfBody(body),
    body,
    registration: undefined,
    claim: text(claim),
    email: text(email),
    submittedAt: time !== undefined && isInstant(time) ? time : undefined,
  };
}

function frameBytes({ value }: PackEnvelope): number {
  return Buffer.byteLength(JSON.stringify({ ...value, registrations: [] }));
}

function split(body: string, envelope: PackEnvelope, isKnown: boolean): DeadLetterEntry[] {
  const { entries } = envelope;
  // The body as received, when it holds only this entry.
  const bodyOf = (entry: unknown) => (entries.length === 1 ? body : encodeEntry(envelope, entry));
  return entries.map((entry) => {
    if (isKnown && isRegistration(entry)) return ofRegistration(entry, bodyOf(entry));
    if (isKnown && isChange(entry)) return ofChange(entry, bodyOf(entry));
    return ofEntry(entry, bodyOf(entry));
  });
}

/**
 * @returns the body's entries in order, so that everyone in a rejected pack sees "needs attention" at the own receipt.
 *   A body that is no pack is one entry.
 */
export function entriesOf(body: string): DeadLetterEntry[] {
  const envelope = readEnvelope(body);
  if (envelope === undefined) return [ofBody(body)];
  try {
    const another = isOfAnotherVersion(envelope);
    // Throws for what cannot be split.
    if (!another) decodePack(body);
    if (envelope.entries.length > 1 && frameBytes(envelope) > maxFrameBytes) return [ofBody(body)];
    return split(body, envelope, !another);
  } catch {
    return [ofBody(body)];
  }
}

/** @returns the registration in a record's body, read by the current code; undefined for none or several */
export function registrationIn(body: string): Registration | undefined {
  const [entry, ...more] = entriesOf(body);
  return more.length === 0 ? entry?.registration : undefined;
}

/** @returns what can be read of a record's body, of any version and however invalid */
export function rawEntryIn(body: string): Readonly<Record<string, unknown>> {
  const entry = readEnvelope(body)?.entries[0];
  return isRecord(entry) ? entry : {};
}

/** @returns whether the body is a pack that only another version can read */
export function isBodyOfAnotherVersion(body: string): boolean {
  return isOfAnotherVersion(readEnvelope(body));
}
