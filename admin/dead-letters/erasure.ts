/**
 * Takes one person's data out of a dead letter: decides what to do with a record, from the record alone. By the address,
 * which is all that is known of a person, in whatever spelling it stands there.
 */
import { storeBody, type DeadLetterRecord, type HistoryEntry } from "../../shared/dead-letter-record.ts";
import { normalizeEmail } from "../../shared/email-address.ts";

export type Erasure =
  /** The record is about nobody else: all of it goes. */
  | { readonly kind: "whole" }
  /** Others are in it too: `body` is without the person's entry, or where none can be told apart, without the address. */
  | { readonly kind: "entry" | "address"; readonly body: string };

const erased = "[erased]";
const escapes = /\\u([0-9a-fA-F]{4})/g;

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function mentionsAsText(text: string, email: string): boolean {
  const unescaped = text.replace(escapes, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return unescaped.toLowerCase().includes(email);
}

/** Looks into a value as JSON gives it, for the address as a text or in a text. */
function mentions(value: unknown, email: string): boolean {
  if (typeof value === "string") return normalizeEmail(value) === email || mentionsAsText(value, email);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, inner]) => mentionsAsText(name, email) || mentions(inner, email));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

interface PackLike {
  readonly registrations: readonly unknown[];
}

function isPackLike(value: unknown): value is PackLike {
  return typeof value === "object" && value !== null && Array.isArray((value as Partial<PackLike>).registrations);
}

function blotOut(text: string, email: string): string {
  // Every character may be written as an escape instead.
  const spelled = Array.from({ length: email.length }, (_, index) => {
    const code = email.charCodeAt(index).toString(16).padStart(4, "0");
    const upper = email.charAt(index).toUpperCase().charCodeAt(0).toString(16).padStart(4, "0");
    return `(?:${escapeForPattern(email.charAt(index))}|\\\\u${code}|\\\\u${upper})`;
  });
  return text.replace(new RegExp(spelled.join(""), "gi"), erased);
}

/**
 * @param body the record's body
 * @param email in key form
 * @returns what has to be done, undefined where the record does not mention the person
 */
export function planErasure(record: DeadLetterRecord, body: string, email: string): Erasure | undefined {
  const value = parse(body);
  const inBody = value === undefined ? mentionsAsText(body, email) : mentions(value, email);
  const inRecord = mentions([record.registration, record.history], email);
  if (!inBody && !inRecord) return undefined;
  if (!inBody || record.registration !== undefined) return { kind: "whole" };
  if (isPackLike(value)) {
    const others = value.registrations.filter((entry) => !mentions(entry, email));
    if (others.length === 0) return { kind: "whole" };
    const kept = JSON.stringify({ ...value, registrations: others });
    if (!mentionsAsText(kept, email)) return { kind: "entry", body: kept };
  }
  return { kind: "address", body: blotOut(body, email) };
}

/** @returns the record with the body that an erasure leaves, and the parts of the body that go with it */
export function withoutPerson(record: DeadLetterRecord, body: string, email: string, entry: HistoryEntry) {
  const { body: _, bodyParts: __, ...rest } = record;
  const { inline, parts } = storeBody(record.id, body);
  const history = JSON.parse(blotOut(JSON.stringify(record.history), email)) as HistoryEntry[];
  return { record: { ...rest, ...inline, history: [...history, entry] } satisfies DeadLetterRecord, parts };
}
