/**
 * Removes a person's data from a dead letter, identified by the address in any spelling. Decides from the record alone.
 *
 * The person's own record is deleted. Where others are in it, only the person's part goes: a colleague who mentions the
 * address must not lose a registration.
 */
import { storeBody, type DeadLetterRecord, type HistoryEntry } from "../../shared/dead-letters/dead-letter-record.ts";
import { normalizeEmail } from "../../shared/registration/email-address.ts";

export type Erasure = {
  /** Ids of the erased registrations, as far as known. */
  readonly registrationIds: readonly string[];
} & (
  | {
      /** The record is the person's own: delete it. */
      readonly kind: "whole";
    }
  | {
      /** `entry`: removes the person's entries from the body. `address`: only the address can be identified. */
      readonly kind: "entry" | "address";
      readonly record: DeadLetterRecord;
      readonly body: string;
    }
);

const erased = "[erased]";
const escapes = /\\u([0-9a-fA-F]{4})/g;
/** Neighbouring characters that would make it a different address. */
const notBefore = String.raw`(?<![\w.+-])`;
const notAfter = String.raw`(?![\w-]|\.\w)`;

interface Redactor {
  /** Whether a JSON value contains the address in any text. */
  mentions(value: unknown): boolean;
  /** @returns the value without the address */
  redact<Value>(value: Value): Value;
  /** The same for invalid JSON, where characters may be escaped. */
  mentionsInText(text: string): boolean;
  redactText(text: string): string;
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function unescape(text: string): string {
  return text.replace(escapes, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function createRedactor(email: string): Redactor {
  const plain = new RegExp(`${notBefore}${escapeForPattern(email)}${notAfter}`, "giu");
  // Each character literal or escaped, in either case.
  const spelled = Array.from(email, (character) => {
    const codes = [character, character.toUpperCase()].map((each) => each.charCodeAt(0).toString(16).padStart(4, "0"));
    return `(?:${escapeForPattern(character)}|\\\\u(?:${codes.join("|")}))`;
  }).join("");

  function isIt(text: string): boolean {
    return normalizeEmail(text) === email || text.search(plain) >= 0;
  }

  const redactor: Redactor = {
    mentions(value) {
      if (typeof value === "string") return isIt(value);
      if (typeof value !== "object" || value === null) return false;
      return Object.entries(value).some(([name, inner]) => isIt(name) || redactor.mentions(inner));
    },
    redact<Value>(value: Value): Value {
      const redacted = (inner: unknown): unknown => {
        if (typeof inner === "string") return normalizeEmail(inner) === email ? erased : inner.replace(plain, erased);
        if (Array.isArray(inner)) return inner.map(redacted);
        if (typeof inner !== "object" || inner === null) return inner;
        return Object.fromEntries(
          Object.entries(inner).map(([name, each]) => [redacted(name) as string, redacted(each)]),
        );
      };
      return redacted(value) as Value;
    },
    mentionsInText: (text) => unescape(text).search(plain) >= 0,
    redactText(text) {
      const redacted = text.replace(new RegExp(`${notBefore}${spelled}${notAfter}`, "giu"), erased);
      // The digits of an escape before it may look like part of a name.
      return redactor.mentionsInText(redacted) ? text.replace(new RegExp(spelled, "giu"), erased) : redacted;
    },
  };
  return redactor;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function entriesOf(value: unknown): readonly unknown[] | undefined {
  const { registrations } = (typeof value === "object" && value !== null ? value : {}) as { registrations?: unknown };
  return Array.isArray(registrations) ? registrations : undefined;
}

function idsOf(entries: readonly unknown[]): string[] {
  return entries.flatMap((entry) => {
    const { id } = (typeof entry === "object" && entry !== null ? entry : {}) as { id?: unknown };
    return typeof id === "string" && id !== "" ? [id] : [];
  });
}

function isEntryOf(entry: unknown, email: string): boolean {
  const { email: given } = (typeof entry === "object" && entry !== null ? entry : {}) as { email?: unknown };
  return typeof given === "string" && normalizeEmail(given) === email;
}

/** Whether an admin corrected this address to the record's current one. */
function wasCorrected(record: DeadLetterRecord, email: string): boolean {
  return record.history.some(({ changes = {} }) => {
    const from = changes.email?.from;
    return typeof from === "string" && normalizeEmail(from) === email;
  });
}

/**
 * @param body of the record
 * @param email in key form
 * @returns what to do; undefined when the record does not mention the person
 */
export function planErasure(record: DeadLetterRecord, body: string, email: string): Erasure | undefined {
  const redactor = createRedactor(email);
  const { registration } = record;
  const value = parse(body);
  const entries = entriesOf(value) ?? [];
  const own = entries.filter((entry) => isEntryOf(entry, email));
  const whole = () =>
    ({
      kind: "whole",
      registrationIds: [...new Set([record.id, ...(registration ? [registration.id] : []), ...idsOf(own)])],
    }) as const;
  if (registration?.email === email || wasCorrected(record, email)) return whole();
  const inBody = value === undefined ? redactor.mentionsInText(body) : redactor.mentions(value);
  if (!inBody && !redactor.mentions([registration, record.history, record.detail])) return undefined;
  const rest = {
    ...record,
    detail: redactor.redact(record.detail),
    history: redactor.redact(record.history),
    ...(registration && { registration: redactor.redact(registration) }),
  };
  if (value === undefined)
    return { kind: "address", registrationIds: [], record: rest, body: redactor.redactText(body) };
  const others = entries.filter((entry) => !isEntryOf(entry, email));
  if (own.length === 0) {
    return { kind: "address", registrationIds: [], record: rest, body: JSON.stringify(redactor.redact(value)) };
  }
  if (others.length === 0 && registration === undefined) return whole();
  const kept = { ...(value as object), registrations: others };
  return { kind: "entry", registrationIds: idsOf(own), record: rest, body: JSON.stringify(redactor.redact(kept)) };
}

/** @returns the record after the erasure, with a history entry, and its body parts */
export function afterErasure(erasure: Exclude<Erasure, { kind: "whole" }>, entry: HistoryEntry) {
  const { body: _, bodyParts: __, ...rest } = erasure.record;
  const { inline, parts } = storeBody(rest.id, erasure.body);
  return { record: { ...rest, ...inline, history: [...rest.history, entry] } satisfies DeadLetterRecord, parts };
}
