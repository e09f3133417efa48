/**
 * A registration as both tiers know it: in packs, in the table and in dead letters. What attendees submit is in
 * `submission-schema.ts`.
 */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { emailPattern, emailRule, maxEmailLength } from "./email-address.ts";
import type { ValidationError } from "../errors.ts";
import { plainLinePattern, plainLineRule, plainTextPattern, plainTextRule } from "./plain-text.ts";
import { schemaErrors } from "./schema-errors.ts";

export const maxNameLength = 200;
export const maxAnswerLength = 2_000;
/** Default maximum of a text. */
export const defaultTextLength = 200;

export const Email = Type.String({ maxLength: maxEmailLength, pattern: emailPattern, description: emailRule });

export const Name = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  pattern: plainLinePattern,
  description: `a name of 1 to ${maxNameLength} characters on one line`,
});

/** From 2^53 on integers lose precision, and the table's client throws for the whole call. */
export const numberRange = { exclusiveMinimum: -(2 ** 53), exclusiveMaximum: 2 ** 53 } as const;

/** Of a consent, in characters. */
export const maxWordingLength = 1_000;

/** Options that one answer may hold. */
export const maxChoices = 50;

const AnswerText = Type.String({ maxLength: maxAnswerLength, pattern: plainTextPattern });
const AnswerScalar = Type.Union([AnswerText, Type.Number(numberRange), Type.Boolean()]);
const Answer = Type.Union([...AnswerScalar.anyOf, Type.Array(AnswerText, { maxItems: maxChoices })]);

/** As submitted and as stored; several chosen options are an array. */
export type Answer = Static<typeof Answer>;

/** An organiser's field: its name in `answers`, form and exports. */
export const fieldIdPattern = "^[a-z][A-Za-z0-9_]{0,39}$";
export const fieldIdRule = "1 to 40 letters, digits and _ that start with a small letter";

const Answers = Type.Record(Type.String({ pattern: fieldIdPattern }), Answer, { additionalProperties: false });

/**
 * Reserved attributes of the registrations table and the messages; a later version's properties must not collide with
 * them.
 */
const takenNames = [
  "registrationId",
  "storedAt",
  "expiresAt",
  "tombstone",
  "at",
  "kind",
  "constructor",
  "prototype",
] as const;
const ownNames = [
  "id",
  "email",
  "name",
  "answers",
  "submittedAt",
  "language",
  "changedAt",
  "mailbox",
  "replayOf",
  "claim",
] as const;

/** Property names allowed to later versions; they become attributes of the same name. */
const carriedNamePattern = `^(?!(?:${[...ownNames, ...takenNames].join("|")})$)[a-z][A-Za-z0-9]{0,39}$`;
const maxCarriedList = 50;

const CarriedScalar = Type.Union([...AnswerScalar.anyOf, Type.Null()]);
/** Limits for unknown values: this version cannot validate them, but must be able to store and send them. */
const Carried = Type.Union([
  ...CarriedScalar.anyOf,
  Type.Array(CarriedScalar, { maxItems: maxCarriedList }),
  Type.Record(Type.String({ pattern: fieldIdPattern }), CarriedScalar, { additionalProperties: false }),
]);

export type CarriedValue = Static<typeof Carried>;

/** A language tag (BCP 47) of a language, optionally with a script or region. */
export const languagePattern = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$";

/** A time as in registrations: ISO 8601, UTC, milliseconds. */
export const instantPattern = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`;

/** What every entry of a pack has, registration or change, in every version. */
export const entryIdentity = {
  /** Made by the web tier, equal for retries of a submission: makes redeliveries harmless. */
  id: Type.String({ pattern: "^[A-Za-z0-9-]{8,64}$" }),
  email: Email,
  /** First acceptance: ISO 8601, UTC, milliseconds. Kept by retries and replays. */
  submittedAt: Type.String({ pattern: instantPattern }),
};

/** Dates and ranks a change; see `change.ts`. */
export const changeMarks = {
  /** When the change was made: ISO 8601, UTC, milliseconds. */
  changedAt: Type.String({ pattern: instantPattern }),
  /** It was made through a link from a mail, so by whoever reads that mailbox. */
  mailbox: Type.Optional(Type.Literal(true)),
};

export const Registration = Type.Object(
  {
    ...entryIdentity,
    name: Name,
    answers: Answers,
    /** The language in which the attendee read the page, as a language tag: that of mails. */
    language: Type.Optional(Type.String({ pattern: languagePattern })),
    /** Of its latest correction; absent while it is as submitted. */
    changedAt: Type.Optional(changeMarks.changedAt),
    mailbox: changeMarks.mailbox,
    /** The dead letter that this is a replay of. */
    replayOf: Type.Optional(Type.String({ maxLength: 128 })),
    /** The claim of that replay: stored only while it is current. */
    claim: Type.Optional(Type.String({ maxLength: 64 })),
  },
  // Later versions' optional properties are kept, in the table and through dead letters, not rejected.
  { patternProperties: { [carriedNamePattern]: Carried }, additionalProperties: false },
);

export type Registration = Static<typeof Registration>;

/** @returns whether a text is a time as in registrations: ISO 8601, UTC, milliseconds */
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
 * @returns the validation errors; empty for a registration. Unknown property names are omitted: they are the sender's
 *   text.
 */
export function registrationErrors(value: unknown): ValidationError[] {
  return validationErrorsOf(validator, value);
}

/** @returns the errors of a value by a validator of an entry of packs, as `registrationErrors` gives them */
export function validationErrorsOf(
  entryValidator: { Check(value: unknown): boolean; Errors(value: unknown): TLocalizedValidationError[] },
  value: unknown,
): ValidationError[] {
  if (entryValidator.Check(value)) return [];
  const errors = entryValidator.Errors(value).filter((error) => error.keyword !== "boolean");
  return schemaErrors(errors, rules);
}

/** @returns whether `value` is a registration; one compiled check */
export function isRegistration(value: unknown): value is Registration {
  return validator.Check(value);
}

/** @returns the properties unknown to this version, in order; undefined when there are none, the usual case */
export function carriedProperties(registration: Registration): [name: string, value: CarriedValue][] | undefined {
  let carried: [string, CarriedValue][] | undefined;
  for (const name in registration) {
    if (!known.has(name)) (carried ??= []).push([name, registration[name as keyof Registration] as CarriedValue]);
  }
  return carried;
}
