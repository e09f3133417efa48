/**
 * The body of an SQS message: a **pack** of 1 to 250 registrations, and changes of them, as versioned JSON.
 *
 *     {"v":1,"registrations":[{…},{…}]}
 *     {"v":2,"registrations":[{…},{"kind":"correction",…},{"kind":"withdrawal",…}]}
 *
 * A pack has version 2 only when there is a change in it, so that workers of the version before still take all others.
 * A pack shares one send, receive and delete; see docs/decisions/0001. Our limits are within SQS's: one billing unit,
 * and ten full table writes. `web/queue/group-commit.ts` decides when a pack is sent.
 */
import { dynamoDbLimits, sqsLimits } from "../aws/aws-limits.ts";
import { TurnoutError } from "../errors.ts";
import { isChange, isChangeEntry, type Change } from "./change.ts";
import { isRegistration, type Registration } from "./registration.ts";

/** Of a pack of registrations alone, and of one with changes. */
export const packVersions = { registrations: 1, changes: 2 } as const;
export type PackVersion = (typeof packVersions)[keyof typeof packVersions];
/** The version up to which packs can be read. */
export const latestPackVersion = packVersions.changes;
export const maxPackRegistrations = 10 * dynamoDbLimits.maxBatchStatements;

/** Reserved for the message attributes, which count into SQS's size. */
const attributeReserveBytes = 256;
/** Bytes of a pack's body in UTF-8. */
export const maxPackBytes = sqsLimits.billingUnitBytes - attributeReserveBytes;

/** Message attribute with the number of registrations, to count people without opening bodies. */
export const packCountAttribute = "count";

const headOf = (version: PackVersion) => `{"v":${version},"registrations":[`;
const heads = { 1: headOf(1), 2: headOf(2) } as const satisfies Record<PackVersion, string>;
const tail = "]}";
/** Bytes of an empty pack; each further registration adds its own bytes and a comma. */
export const packFrameBytes = heads[latestPackVersion].length + tail.length;

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

/** One change as in a pack of version 2. @returns JSON text for `joinPack` */
export function encodeChange(change: Change): string {
  return escapeForSqs(JSON.stringify(change));
}

function escapeForSqs(json: string): string {
  return needsEscape.test(json) ? json.replace(escapable, escapeUnit) : json;
}

/**
 * @param encoded results of `encodeRegistration` and `encodeChange`, at least one; the caller keeps the limits above
 * @param version that of changes, when there is one among them
 */
export function joinPack(encoded: readonly string[], version: PackVersion = packVersions.registrations): string {
  return heads[version] + encoded.join(",") + tail;
}

/** @returns a pack of any size: for replays and tests */
export function encodePack(registrations: readonly Registration[]): string {
  return joinPack(registrations.map(encodeRegistration));
}

/** @returns a pack of any size with changes: for tests and tools */
export function encodeChanges(changes: readonly Change[]): string {
  return joinPack(changes.map(encodeChange), packVersions.changes);
}

/** @returns a pack of one entry that is no registration, to keep it unchanged */
export function encodeUnknownEntry(entry: unknown): string {
  return encodeUnknownEntries([entry]);
}

/** @returns a pack of any entries, of any size; changes stay changes */
export function encodeUnknownEntries(entries: readonly unknown[]): string {
  const version = entries.some(isChangeEntry) ? packVersions.changes : packVersions.registrations;
  return joinPack(
    entries.map((entry) => escapeForSqs(JSON.stringify(entry))),
    version,
  );
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
  if (envelope === undefined || envelope.version <= latestPackVersion) return false;
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
  /** The valid changes, in the pack's order. */
  readonly changes: Change[];
  /** Entries that are neither; they do not affect the others. */
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
  if (value.v !== packVersions.registrations && value.v !== packVersions.changes) {
    const given = typeof value.v === "number" ? String(value.v) : `a ${typeof value.v}`;
    throw new TurnoutError(
      "TURNOUT_PACK_VERSION_UNSUPPORTED",
      `The pack has version ${given}; this worker reads versions 1 to ${latestPackVersion}.`,
    );
  }
  const mayHoldChanges = value.v === packVersions.changes;
  if (!("registrations" in value) || !Array.isArray(value.registrations) || value.registrations.length === 0) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", 'The pack has no list "registrations" with at least one entry.');
  }
  const registrations: Registration[] = [];
  const changes: Change[] = [];
  const invalid: unknown[] = [];
  for (const entry of value.registrations as unknown[]) {
    if (isRegistration(entry)) registrations.push(entry);
    else if (mayHoldChanges && isChange(entry)) changes.push(entry);
    else invalid.push(entry);
  }
  if (invalid.length > 0 && !canBeWritten(invalid)) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", "The pack is nested too deeply to be written again.");
  }
  return { registrations, changes, invalid };
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
