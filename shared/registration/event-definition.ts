/**
 * The event as its organiser defines it in `event.json`: opening times, when it is, and form fields; place, organiser and
 * links are in `event-information.ts`. What a schema cannot say is checked in `event-content.ts`. The submission's schema
 * follows in `submission-schema.ts`, the event's display in `web/page/`.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { TurnoutError, type ValidationError } from "../errors.ts";
import { dayPattern } from "./day-range.ts";
import { contentErrors } from "./event-content.ts";
import { Translations } from "./event-translation.ts";
import { informationProperties, informationRules } from "./event-information.ts";
import { readLogo, type Logo } from "./logo.ts";
import { plainLinePattern, plainLineRule, plainTextPattern, plainTextRule } from "./plain-text.ts";
import {
  fieldIdPattern,
  fieldIdRule,
  maxAnswerLength,
  maxChoices,
  maxWordingLength,
  numberRange,
} from "./registration.ts";
import { schemaErrors } from "./schema-errors.ts";

const line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: plainLinePattern });

/** ISO 8601 with an offset, to be unambiguous. */
const instantPattern = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$`;
const Instant = Type.String({ pattern: instantPattern });

const When = Type.Object(
  {
    /** Id of an earlier field that is a select, choices, number, checkbox or consent. */
    field: Type.String({ pattern: fieldIdPattern }),
    /** The answer that it must have, or several of which one is enough. `true` for a checkbox or a consent. */
    is: Type.Union([
      line(200),
      Type.Number(numberRange),
      Type.Literal(true),
      Type.Array(Type.Union([line(200), Type.Number(numberRange)]), { minItems: 1, maxItems: 300 }),
    ]),
  },
  { additionalProperties: false },
);

const fieldBase = {
  /** Key of the answer in requests, table and exports. Never change it while the event is open. */
  id: Type.String({ pattern: fieldIdPattern }),
  label: line(200),
  /** One sentence below the label. */
  hint: Type.Optional(line(300)),
  /** Default: false. A required checkbox must be ticked. */
  required: Type.Optional(Type.Boolean()),
  /** Asked only of those who gave this answer to an earlier field. Default: everybody. */
  when: Type.Optional(When),
  /** When its answers are deleted, later than `closesAt`. Default: with the registration (`answer-expiry.ts`). */
  expiresAt: Type.Optional(Instant),
  /** On the first field of a section: its heading and a text below it. */
  section: Type.Optional(
    Type.Object(
      { title: line(200), text: Type.Optional(Type.String({ maxLength: 1_000, pattern: plainTextPattern })) },
      { additionalProperties: false },
    ),
  ),
};

const strict = { additionalProperties: false };

const TextField = Type.Object(
  {
    ...fieldBase,
    type: Type.Literal("text"),
    /** In characters. Default: 0. */
    minLength: Type.Optional(Type.Integer({ minimum: 0, maximum: maxAnswerLength })),
    /** Several lines. Default: only where `maxLength` is above 200. */
    multiline: Type.Optional(Type.Boolean()),
    /** In characters. Default: 200, of several lines 1000 (`textLength`). */
    maxLength: Type.Optional(Type.Integer({ minimum: 1, maximum: maxAnswerLength })),
  },
  strict,
);
const EmailField = Type.Object({ ...fieldBase, type: Type.Literal("email") }, strict);
const NumberField = Type.Object(
  {
    ...fieldBase,
    type: Type.Literal("number"),
    minimum: Type.Optional(Type.Number(numberRange)),
    maximum: Type.Optional(Type.Number(numberRange)),
    /** Default: false, fractions are allowed. */
    integer: Type.Optional(Type.Boolean()),
  },
  strict,
);
const SelectField = Type.Object(
  { ...fieldBase, type: Type.Literal("select"), options: Type.Array(line(200), { minItems: 1, maxItems: 300 }) },
  strict,
);
const CheckboxField = Type.Object({ ...fieldBase, type: Type.Literal("checkbox") }, strict);
/** Several options. */
const ChoicesField = Type.Object(
  {
    ...fieldBase,
    type: Type.Literal("choices"),
    options: Type.Array(line(200), { minItems: 1, maxItems: maxChoices }),
    /** Fewest options of an answer. Default: 1 where it is required, otherwise 0. */
    minimum: Type.Optional(Type.Integer({ minimum: 1, maximum: maxChoices })),
    /** Most of them. Default: all. */
    maximum: Type.Optional(Type.Integer({ minimum: 1, maximum: maxChoices })),
  },
  strict,
);
const Day = Type.String({ pattern: dayPattern });
const DateField = Type.Object(
  {
    ...fieldBase,
    type: Type.Literal("date"),
    /** The days that are allowed, both included. */
    earliest: Type.Optional(Day),
    latest: Type.Optional(Day),
  },
  strict,
);
const TelephoneField = Type.Object({ ...fieldBase, type: Type.Literal("telephone") }, strict);
/** An agreement, whose wording is kept with the answer. */
const ConsentField = Type.Object(
  {
    ...fieldBase,
    type: Type.Literal("consent"),
    /** The exact wording. Whoever agreed agreed to this, also when it is changed later. */
    text: Type.String({ minLength: 1, maxLength: maxWordingLength, pattern: plainTextPattern }),
  },
  strict,
);

const Field = Type.Union([
  TextField,
  EmailField,
  NumberField,
  SelectField,
  CheckboxField,
  ChoicesField,
  DateField,
  TelephoneField,
  ConsentField,
]);

const EventFile = Type.Object(
  {
    name: line(200),
    description: Type.String({ maxLength: 2_000, pattern: plainTextPattern }),
    /** Language of the texts in this file, such as `en`. Default: unknown, and the texts are shown as they are in every language. */
    language: Type.Optional(Type.String({ minLength: 1 })),
    /** The texts in further languages; only together with `language`. */
    translations: Type.Optional(Translations),
    opensAt: Instant,
    closesAt: Instant,
    /** Start of the event itself. Shown on pages and in mails; without it there is no calendar file. */
    startsAt: Type.Optional(Instant),
    /** Its end; only together with `startsAt`. */
    endsAt: Type.Optional(Instant),
    ...informationProperties,
    /** IANA name, such as Europe/Berlin: the zone of the times on the page and in mails. */
    timeZone: Type.String({ minLength: 1 }),
    fields: Type.Array(Field, { maxItems: 30 }),
  },
  strict,
);

export type EventField = Static<typeof Field> & {
  /** What is shown for each option, in an event of another language (`eventIn`). The answer is the option itself. */
  readonly optionLabels?: Readonly<Record<string, string>>;
};
export type EventDefinition = Omit<Static<typeof EventFile>, "fields"> & { fields: EventField[] };
export type FieldCondition = Static<typeof When>;

const validator = Compile(EventFile);
const fieldValidators = {
  text: Compile(TextField),
  email: Compile(EmailField),
  number: Compile(NumberField),
  select: Compile(SelectField),
  checkbox: Compile(CheckboxField),
  choices: Compile(ChoicesField),
  date: Compile(DateField),
  telephone: Compile(TelephoneField),
  consent: Compile(ConsentField),
};

const rules = new Map([
  ...informationRules,
  [plainLinePattern, plainLineRule],
  [plainTextPattern, plainTextRule],
  [fieldIdPattern, fieldIdRule],
  [dayPattern, "a day such as 2026-05-01"],
  [instantPattern, "date, time and offset, such as 2026-05-01T09:00:00+02:00"],
]);

/** Schema errors of the file: each field is checked against the schema of its own `type`. */
function formErrors(value: unknown): ValidationError[] {
  const { fields } = (value ?? {}) as { fields?: unknown };
  if (!Array.isArray(fields)) return schemaErrors(withoutSummaries(validator.Errors(value)), rules);
  // Validated separately: the validator stops after a few errors, so those of the fields could hide others.
  const frame = { ...(value as object), fields: Array.from(fields, () => soundField) };
  const frameErrors = schemaErrors(withoutSummaries(validator.Errors(frame)), rules);
  return [...frameErrors, ...fields.flatMap((field, index) => fieldErrors(field, `/fields/${index}`))];
}

const soundField: EventField = { id: "sound", type: "checkbox", label: "Sound" };

function fieldErrors(field: unknown, pointer: string): ValidationError[] {
  const { type } = (field ?? {}) as { type?: unknown };
  const known = Object.entries(fieldValidators).find(([name]) => name === type)?.[1];
  if (!known) {
    return [{ pointer: `${pointer}/type`, detail: `must be one of ${Object.keys(fieldValidators).join(", ")}` }];
  }
  return schemaErrors(withoutSummaries(known.Errors(field)), rules).map((validationError) => ({
    pointer: pointer + validationError.pointer,
    detail: validationError.detail,
  }));
}

/** Unknown properties get errors of their own. */
function withoutSummaries(errors: TLocalizedValidationError[]): TLocalizedValidationError[] {
  return errors.filter((error) => error.keyword !== "additionalProperties");
}

/**
 * @param value the parsed event file
 * @throws TURNOUT_EVENT_INVALID with a pointer to every error
 */
export function parseEvent(value: unknown): EventDefinition {
  const validationErrors = validator.Check(value) ? contentErrors(value) : formErrors(value);
  if (validationErrors.length > 0) throw invalid(validationErrors);
  return value as EventDefinition;
}

function invalid(validationErrors: readonly ValidationError[]): TurnoutError {
  const list = validationErrors
    .map((validationError) => `  - ${validationError.pointer || "/"} ${validationError.detail}`)
    .join("\n");
  const message = `The event definition has ${validationErrors.length} error(s):\n${list}`;
  return new TurnoutError("TURNOUT_EVENT_INVALID", message, { validationErrors });
}

/**
 * @param file path of the event file
 * @throws TURNOUT_EVENT_INVALID when it cannot be read, is not JSON or is invalid, or its logo is
 */
export function loadEvent(file: string): EventDefinition {
  let value: unknown;
  try {
    const bytes = readFileSync(file);
    if (!isUtf8(bytes)) throw new Error("it is not UTF-8; save it as UTF-8");
    // Some Windows editors add a byte order mark, which is not JSON.
    value = JSON.parse(bytes.toString().replace(/^\ufeff/, ""));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TurnoutError("TURNOUT_EVENT_INVALID", `The event definition ${file} cannot be read: ${why}`, { cause });
  }
  const event = parseEvent(value);
  loadLogo(file, event);
  return event;
}

/**
 * @param file path of the event file
 * @returns the logo that it names, if any
 * @throws TURNOUT_EVENT_INVALID when it cannot be read or is not allowed
 */
export function loadLogo(file: string, { logo: name }: EventDefinition): Logo | undefined {
  if (name === undefined) return undefined;
  const logo = readLogo(file, name);
  if ("error" in logo) throw invalid([{ pointer: "/logo", detail: logo.error }]);
  return logo;
}

export type EventPhase = "before" | "open" | "closed";

/** @returns the phase at an instant (milliseconds since the epoch): open from `opensAt`, closed from `closesAt` */
export function createPhaseClock(event: EventDefinition): (instant: number) => EventPhase {
  const opens = Date.parse(event.opensAt);
  const closes = Date.parse(event.closesAt);
  return (instant) => (instant < opens ? "before" : instant < closes ? "open" : "closed");
}

/** For a single use; frequent callers keep a clock. */
export function eventPhase(event: EventDefinition, now: number): EventPhase {
  return createPhaseClock(event)(now);
}
