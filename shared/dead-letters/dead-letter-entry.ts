/**
 * What the body of a dead letter holds: entries, one for each registration, and what can be read of them today. A body is
 * kept as it came, so that a later version, or one whose error was mended, reads what an earlier one could not.
 */
import { idOfBody } from "./dead-letter-record.ts";
import {
  decodePack,
  encodeEntry,
  isOfAnotherVersion,
  readEnvelope,
  type PackEnvelope,
} from "../registration/registration-pack.ts";
import { isInstant, isRegistration, type Registration } from "../registration/registration.ts";

export interface DeadLetterEntry {
  /** Of the record: the registration's id or the record that it is a replay of, or one derived from the body. */
  readonly id: string;
  /** A pack of this entry alone, as it came. */
  readonly body: string;
  /** What it is to this version; undefined where it cannot be read. */
  readonly registration: Registration | undefined;
  /** The claim under which it was replayed. */
  readonly claim: string | undefined;
  /** Told of an entry that is no registration to this version, as every version keeps them readable. */
  readonly email: string | undefined;
  readonly submittedAt: string | undefined;
}

const idFormat = /^[A-Za-z0-9-]{8,64}$/;
const longestText = 320;
/** A pack of many says what it says beside its registrations once for each of them; more than this is no pack of ours. */
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

/** Of something that is no registration here, but may still say which one it was to be. */
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

function split(body: string, envelope: PackEnvelope, read: (entry: unknown) => Registration | undefined) {
  const { entries } = envelope;
  // The body as it came, where that is all there is in it.
  const bodyOf = (entry: unknown) => (entries.length === 1 ? body : encodeEntry(envelope, entry));
  return entries.map((entry) => {
    const registration = read(entry);
    return registration ? ofRegistration(registration, bodyOf(entry)) : ofEntry(entry, bodyOf(entry));
  });
}

/**
 * @returns what a body holds, one each, in its order: a pack that is given up as a whole has many people in it, and each
 *   wants to see "needs attention" at the own receipt. What is no pack of any version is one entry.
 */
export function entriesOf(body: string): DeadLetterEntry[] {
  const envelope = readEnvelope(body);
  if (envelope === undefined) return [ofBody(body)];
  try {
    const another = isOfAnotherVersion(envelope);
    // Throws for what cannot be split.
    if (!another) decodePack(body);
    if (envelope.entries.length > 1 && frameBytes(envelope) > maxFrameBytes) return [ofBody(body)];
    return split(body, envelope, (entry) => (!another && isRegistration(entry) ? entry : undefined));
  } catch {
    return [ofBody(body)];
  }
}

/** @returns the registration that a record's body holds to the code of today; undefined where it is none, or many */
export function registrationIn(body: string): Registration | undefined {
  const [entry, ...more] = entriesOf(body);
  return more.length === 0 ? entry?.registration : undefined;
}

/** @returns what can be read of a record's body, however wrong it is, and of whatever version */
export function rawEntryIn(body: string): Readonly<Record<string, unknown>> {
  const entry = readEnvelope(body)?.entries[0];
  return isRecord(entry) ? entry : {};
}

/** @returns whether a body is a pack that another version of Turnout can read, and this one cannot */
export function isBodyOfAnotherVersion(body: string): boolean {
  return isOfAnotherVersion(readEnvelope(body));
}
