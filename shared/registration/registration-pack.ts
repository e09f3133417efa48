/**
 * The body of one SQS message: a **pack** of 1 to 250 registrations, as versioned JSON.
 *
 *     {"v":1,"registrations":[{…},{…}]}
 *
 * Packing spends one send, one receive and one delete on many people; see docs/decisions/0001. The limits are ours, well
 * inside those of SQS: one billing unit, and ten full table writes. This file encodes and decodes; when a pack is closed
 * and sent is decided in `web/queue/group-commit.ts`.
 */
import { dynamoDbLimits, sqsLimits } from "../aws/aws-limits.ts";
import { TurnoutError } from "../errors.ts";
import { isRegistration, type Registration } from "./registration.ts";

export const packVersion = 1;
export const maxPackRegistrations = 10 * dynamoDbLimits.maxBatchStatements;

/** Room kept for the message's attributes, which SQS counts into its size. */
const attributeReserveBytes = 256;
/** UTF-8 bytes of a pack's body. */
export const maxPackBytes = sqsLimits.billingUnitBytes - attributeReserveBytes;

/** The message attribute that holds the number of registrations, for whoever counts people without opening bodies. */
export const packCountAttribute = "count";

const head = `{"v":${packVersion},"registrations":[`;
const tail = "]}";
/** Bytes that a pack has before its first registration; each further one adds its own bytes and a comma. */
export const packFrameBytes = head.length + tail.length;

const needsEscape = /[\ud800-\udfff\ufffe\uffff]/;
const escapable = /[\ud800-\udfff\ufffe\uffff]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16)}`;
}

/**
 * One registration as it stands in a pack. Characters outside the Basic Multilingual Plane, U+FFFE and U+FFFF become
 * `\uXXXX` escapes, so that every body is one that SQS takes, whatever engine stands behind the endpoint.
 * @returns JSON text, safe to hand to `joinPack`
 */
export function encodeRegistration(registration: Registration): string {
  return escapeForSqs(JSON.stringify(registration));
}

function escapeForSqs(json: string): string {
  return needsEscape.test(json) ? json.replace(escapable, escapeUnit) : json;
}

/** @param encoded results of `encodeRegistration`, at least one. Who joins them keeps the limits above. */
export function joinPack(encoded: readonly string[]): string {
  return head + encoded.join(",") + tail;
}

/** @returns the pack of these registrations, of any size: for replays and tests, which send few at a time */
export function encodePack(registrations: readonly Registration[]): string {
  return joinPack(registrations.map(encodeRegistration));
}

/** @returns a pack of one entry that is no registration, so that it can be kept and looked at as it came */
export function encodeUnknownEntry(entry: unknown): string {
  return encodeUnknownEntries([entry]);
}

/** @returns the pack of these entries, whatever they are, of any size */
export function encodeUnknownEntries(entries: readonly unknown[]): string {
  return joinPack(entries.map((entry) => escapeForSqs(JSON.stringify(entry))));
}

/**
 * What every version of a pack keeps at the same places, so that another one can still tell whose registrations these are:
 * the version, and a list `registrations` of entries that each have `id`, `email` and `submittedAt`.
 */
export interface PackEnvelope {
  readonly version: number;
  /** At least one. */
  readonly entries: readonly unknown[];
  /** The whole body as it was read. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** @returns a body's envelope, whatever its version; undefined where no version of ours can have written it */
export function readEnvelope(body: string): PackEnvelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { v: version, registrations: entries } = value as { v?: unknown; registrations?: unknown };
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) return undefined;
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  return { version, entries, value: value as Readonly<Record<string, unknown>> };
}

/**
 * @returns whether this is a pack that another version of Turnout can read, and this one cannot: a body that only says so,
 *   and has no registrations where every version has them, is none
 */
export function isOfAnotherVersion(envelope: PackEnvelope | undefined): boolean {
  if (envelope === undefined || envelope.version === packVersion) return false;
  return envelope.entries.every((entry) => {
    const { id } = (typeof entry === "object" && entry !== null ? entry : {}) as { id?: unknown };
    return typeof id === "string" && id !== "";
  });
}

/** @returns the body of one entry of a pack, in the pack's own version and with whatever else the pack says */
export function encodeEntry({ value }: PackEnvelope, entry: unknown): string {
  return escapeForSqs(JSON.stringify({ ...value, registrations: [entry] }));
}

export interface DecodedPack {
  /** The registrations that can be stored, in the pack's order. */
  readonly registrations: Registration[];
  /** What stands in the pack but is no registration. Its neighbours are not harmed by it. */
  readonly invalid: unknown[];
}

/**
 * @param body a message's body, from anybody
 * @returns what is in it
 * @throws TURNOUT_PACK_VERSION_UNSUPPORTED when it is a pack of another version, TURNOUT_PACK_MALFORMED when it is none
 */
export function decodePack(body: string): DecodedPack {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", "The message body is not JSON.", { cause: withoutText(cause) });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || !("v" in value)) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", 'The message body is JSON, but not an object with a version "v".');
  }
  if (value.v !== packVersion) {
    const given = typeof value.v === "number" ? String(value.v) : `a ${typeof value.v}`;
    throw new TurnoutError(
      "TURNOUT_PACK_VERSION_UNSUPPORTED",
      `The pack has version ${given}; this worker reads version ${packVersion}.`,
    );
  }
  if (!("registrations" in value) || !Array.isArray(value.registrations) || value.registrations.length === 0) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", 'The pack has no list "registrations" with at least one entry.');
  }
  const registrations: Registration[] = [];
  const invalid: unknown[] = [];
  for (const entry of value.registrations as unknown[]) {
    if (isRegistration(entry)) registrations.push(entry);
    else invalid.push(entry);
  }
  if (invalid.length > 0 && !canBeWritten(invalid)) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", "The pack is nested too deeply to be written again.");
  }
  return { registrations, invalid };
}

/** JSON can be read at any depth, but not written: an entry that cannot be kept by itself is kept with its message. */
function canBeWritten(entries: readonly unknown[]): boolean {
  try {
    JSON.stringify(entries);
    return true;
  } catch {
    return false;
  }
}

/** V8 quotes the text it could not parse in the error's message; an attendee's data must not travel in an error. */
function withoutText(cause: unknown): string {
  return cause instanceof Error ? cause.name : "unknown";
}
