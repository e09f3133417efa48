/**
 * A registration as both tiers know it: what travels in a pack, is stored in the table and kept in a dead letter.
 * What an attendee may send for one event stands in `submission-schema.ts`; not here.
 */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { emailPattern, emailRule, maxEmailLength } from "./email-address.ts";
import type { ValidationError } from "../errors.ts";
import { plainLinePattern, plainLineRule, plainTextPattern, plainTextRule } from "./plain-text.ts";
import { schemaErrors } from "./schema-errors.ts";

export const maxNameLength = 200;
export const maxAnswerLength = 2_000;
/** Of a text for which the event names no other. */
export const defaultTextLength = 200;

export const Email = Type.String({ maxLength: maxEmailLength, pattern: emailPattern, description: emailRule });

export const Name = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  pattern: plainLinePattern,
  description: `a name of 1 to ${maxNameLength} characters on one line`,
});

/** From 2^53 on whole numbers lose digits, and the table's client throws, for all that are written in the same call. */
export const numberRange = { exclusiveMinimum: -(2 ** 53), exclusiveMaximum: 2 ** 53 } as const;

const Answer = Type.Union([
  Type.String({ maxLength: maxAnswerLength, pattern: plainTextPattern }),
  Type.Number(numberRange),
  Type.Boolean(),
]);

/** An organiser's field: its name in `answers`, in the form and in exports. */
export const fieldIdPattern = "^[a-z][A-Za-z0-9_]{0,39}$";
export const fieldIdRule = "1 to 40 letters, digits and _ that start with a small letter";

const Answers = Type.Record(Type.String({ pattern: fieldIdPattern }), Answer, { additionalProperties: false });

/**
 * Names in the registrations table, and in the messages, that mean something of their own: a property that a later version
 * invents must not be taken for one of them.
 */
const takenNames = ["registrationId", "storedAt", "expiresAt", "tombstone", "at", "constructor", "prototype"] as const;
const ownNames = ["id", "email", "name", "answers", "submittedAt", "replayOf", "claim"] as const;

/** What a later version may call a property that this one does not know: it becomes an attribute of the same name. */
const carriedNamePattern = `^(?!(?:${[...ownNames, ...takenNames].join("|")})$)[a-z][A-Za-z0-9]{0,39}$`;
const maxCarriedList = 50;

const CarriedScalar = Type.Union([...Answer.anyOf, Type.Null()]);
/** So large and no deeper: what this version cannot judge, it can at least store, and send again. */
const Carried = Type.Union([
  ...CarriedScalar.anyOf,
  Type.Array(CarriedScalar, { maxItems: maxCarriedList }),
  Type.Record(Type.String({ pattern: fieldIdPattern }), CarriedScalar, { additionalProperties: false }),
]);

export type CarriedValue = Static<typeof Carried>;

const instantPattern = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`;

export const Registration = Type.Object(
  {
    /** Made by the web tier, the same for every retry of one submission: what makes a redelivery harmless. */
    id: Type.String({ pattern: "^[A-Za-z0-9-]{8,64}$" }),
    email: Email,
    name: Name,
    answers: Answers,
    /** When it was first accepted: ISO 8601, UTC, milliseconds. Retries and replays keep it. */
    submittedAt: Type.String({ pattern: instantPattern }),
    /** The dead letter that this one is a replay of. */
    replayOf: Type.Optional(Type.String({ maxLength: 128 })),
    /** The claim under which that dead letter is replayed: only under the current one it may be stored. */
    claim: Type.Optional(Type.String({ maxLength: 64 })),
  },
  // Optional properties of later versions are carried along, into the table and through dead letters, not rejected.
  { patternProperties: { [carriedNamePattern]: Carried }, additionalProperties: false },
);

export type Registration = Static<typeof Registration>;

/** @returns whether a text is a time as registrations have it: ISO 8601, UTC, milliseconds */
export function isInstant(text: string): boolean {
  return instant.test(text);
}

const validator = Compile(Registration);
const instant = new RegExp(instantPattern);
const known: ReadonlySet<string> = new Set(ownNames);

const rules = new Map([
  [emailPattern, emailRule],
  [plainLinePattern, plainLineRule],
  [plainTextPattern, plainTextRule],
]);

/**
 * @returns where `value` is not a registration; an empty list when it is one. Names of properties that are not known
 *   are left out: they are whatever the sender wrote.
 */
export function registrationErrors(value: unknown): ValidationError[] {
  if (validator.Check(value)) return [];
  const errors = validator.Errors(value).filter((error) => error.keyword !== "boolean");
  return schemaErrors(errors, rules);
}

/** @returns whether `value` is a registration, at the price of one compiled check */
export function isRegistration(value: unknown): value is Registration {
  return validator.Check(value);
}

/**
 * @returns what a registration has beside the properties that this version knows, in its order: written by a later one.
 *   Undefined where there is nothing, which is the rule.
 */
export function carriedProperties(registration: Registration): [name: string, value: CarriedValue][] | undefined {
  let carried: [string, CarriedValue][] | undefined;
  for (const name in registration) {
    if (!known.has(name)) (carried ??= []).push([name, registration[name as keyof Registration] as CarriedValue]);
  }
  return carried;
}
