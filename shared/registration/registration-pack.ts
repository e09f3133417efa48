/**
 * The body of an SQS message: a **pack** of 1 to 250 registrations as versioned JSON.
 *
 *     {"v":1,"registrations":[{…},{…}]}
 *
 * A pack shares one send, receive and delete; see docs/decisions/0001. Our limits are within SQS's: one billing unit,
 * and ten full table writes. `web/queue/group-commit.ts` decides when a pack is sent.
 */
import { dynamoDbLimits, sqsLimits } from "../aws/aws-limits.ts";
import { TurnoutError } from "../errors.ts";
import { isRegistration, type Registration } from "./registration.ts";

export const packVersion = 1;
export const maxPackRegistrations = 10 * dynamoDbLimits.maxBatchStatements;

/** Reserved for the message attributes, which count into SQS's size. */
const attributeReserveBytes = 256;
/** Bytes of a pack's body in UTF-8. */
export const maxPackBytes = sqsLimits.billingUnitBytes - attributeReserveBytes;

/** Message attribute with the number of registrations, to count people without opening bodies. */
export const packCountAttribute = "count";

const head = `{"v":${packVersion},"registrations":[`;
const tail = "]}";
/** Bytes of an empty pack; each further registration adds its own bytes and a comma. */
export const packFrameBytes = head.length + tail.length;

const needsEscape = /[\ud800-\udfff\ufffe\uffff]/;
const escapable = /[\ud800-\udfff\ufffe\uffff]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16)}`;
}

/**
 * One registration as in a pack. Characters beyond the Basic Multilingual Plane, U+FFFE and U+FFFF become `\uXXXX`
 * escapes, so that every SQS engine accepts the body.
 * @returns JSON text for `joinPack`
 */
export function encodeRegistration(registration: Registration): string {
  return escapeForSqs(JSON.stringify(registration));
}

function escapeForSqs(json: string): string {
  return needsEscape.test(json) ? json.replace(escapable, escapeUnit) : json;
}

/** @param encoded results of `encodeRegistration`, at least one; the caller keeps the limits above */
export function joinPack(encoded: readonly string[]): string {
  return head + encoded.join(",") + tail;
}

/** @returns a pack of any size: for replays and tests */
export function encodePack(registrations: readonly Registration[]): string {
  return joinPack(registrations.map(encodeRegistration));
}

/** @returns a pack of one entry that is no registration, to keep it unchanged */
export function encodeUnknownEntry(entry: unknown): string {
  return encodeUnknownEntries([entry]);
}

/** @returns a pack of any entries, of any size */
export function encodeUnknownEntries(entries: readonly unknown[]): string {
  return joinPack(entries.map((entry) => escapeForSqs(JSON.stringify(entry))));
}

/**
 * The part of a pack that all versions share, so that others can identify its registrations: the version, and a list
 * `registrations` of entries with `id`, `email` and `submittedAt`.
 */
export interface PackEnvelope {
  readonly version: number;
  /** At least one. */
  readonly entries: readonly unknown[];
  /** The whole parsed body. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** @returns the envelope of any version's pack; undefined when it is none */
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
 * @returns whether it is a pack that only another version can read; the version alone is not enough, it needs
 *   registrations in the shared form
 */
export function isOfAnotherVersion(envelope: PackEnvelope | undefined): boolean {
  if (envelope === undefined || envelope.version === packVersion) return false;
  return envelope.entries.every((entry) => {
    const { id } = (typeof entry === "object" && entry !== null ? entry : {}) as { id?: unknown };
    return typeof id === "string" && id !== "";
  });
}

/** @returns a body with one entry of a pack, in the pack's version and with its other properties */
export function encodeEntry({ value }: PackEnvelope, entry: unknown): string {
  return escapeForSqs(JSON.stringify({ ...value, registrations: [entry] }));
}

export interface DecodedPack {
  /** The valid registrations, in the pack's order. */
  readonly registrations: Registration[];
  /** Entries that are no registrations; they do not affect the others. */
  readonly invalid: unknown[];
}

/**
 * @param body of a message, untrusted
 * @returns its content
 * @throws TURNOUT_PACK_VERSION_UNSUPPORTED for another version's pack, TURNOUT_PACK_MALFORMED for none
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

/** JSON can be parsed deeper than it can be written: an entry that cannot be written alone is kept with its message. */
function canBeWritten(entries: readonly unknown[]): boolean {
  try {
    JSON.stringify(entries);
    return true;
  } catch {
    return false;
  }
}

/** V8 quotes unparsable text in its error, which could contain attendee data. */
function withoutText(cause: unknown): string {
  return cause instanceof Error ? cause.name : "unknown";
}
