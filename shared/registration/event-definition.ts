/**
 * The event as its organiser defines it in `event.json`: opening times and form fields. The submission's schema follows
 * in `submission-schema.ts`, its display in `web/page/`.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { TurnoutError, type ValidationError } from "../errors.ts";
import {
  isUnseen,
  plainLinePattern,
  plainLineRule,
  plainTextPattern,
  plainTextRule,
  trimUnseen,
} from "./plain-text.ts";
import { textRoom } from "./registration-size.ts";
import { defaultTextLength, fieldIdPattern, fieldIdRule, maxAnswerLength, numberRange } from "./registration.ts";
import { schemaErrors } from "./schema-errors.ts";
import { isTimeZone, zoneOffset } from "./time-zone.ts";

const line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: plainLinePattern });

const fieldBase = {
  /** Key of the answer in requests, table and exports. Never change it while the event is open. */
  id: Type.String({ pattern: fieldIdPattern }),
  label: line(200),
  /** One sentence below the label. */
  hint: Type.Optional(line(300)),
  /** Default: false. A required checkbox must be ticked. */
  required: Type.Optional(Type.Boolean()),
};

const strict = { additionalProperties: false };

const TextField = Type.Object(
  {
    ...fieldBase,
    type: Type.Literal("text"),
    /** In characters. Default: 0. */
    minLength: Type.Optional(Type.Integer({ minimum: 0, maximum: maxAnswerLength })),
    /** In characters. Default: 200 (`defaultTextLength`). */
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

const Field = Type.Union([TextField, EmailField, NumberField, SelectField, CheckboxField]);

/** ISO 8601 with an offset, to be unambiguous. */
const instantPattern = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$`;
const Instant = Type.String({ pattern: instantPattern });

const EventFile = Type.Object(
  {
    name: line(200),
    description: Type.String({ maxLength: 2_000, pattern: plainTextPattern }),
    opensAt: Instant,
    closesAt: Instant,
    /** IANA name, such as Europe/Berlin: the zone of the times on the page. */
    timeZone: Type.String({ minLength: 1 }),
    fields: Type.Array(Field, { maxItems: 30 }),
  },
  strict,
);

export type EventField = Static<typeof Field>;
export type EventDefinition = Static<typeof EventFile>;

const validator = Compile(EventFile);
const fieldValidators = {
  text: Compile(TextField),
  email: Compile(EmailField),
  number: Compile(NumberField),
  select: Compile(SelectField),
  checkbox: Compile(CheckboxField),
};

const rules = new Map([
  [plainLinePattern, plainLineRule],
  [plainTextPattern, plainTextRule],
  [fieldIdPattern, fieldIdRule],
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

const calendarDay = /^(\d{4})-(\d\d)-(\d\d)/;

/** `Date.parse` reads 30 February as 2 March. */
function exists(instant: string): boolean {
  const [, year, month, day] = calendarDay.exec(instant) ?? [];
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= daysInMonth && !Number.isNaN(Date.parse(instant));
}

/** @returns the error in `opensAt` or `closesAt` alone, if any */
function instantError(instant: string, timeZone: string | undefined): string | undefined {
  if (!exists(instant)) return "is not a date that exists";
  const [given = ""] = /[+-]\d\d:\d\d$/.exec(instant) ?? [];
  // A time in UTC need not match the zone.
  if (given === "" || timeZone === undefined) return undefined;
  const actual = zoneOffset(timeZone, Date.parse(instant));
  if (actual === given) return undefined;
  return `has the offset ${given}, but at that time ${timeZone} has ${actual}; write that, or the same instant with Z`;
}

/** Forms and spreadsheets trim texts, and HTML collapses blanks: such an option would not come back unchanged. */
function optionErrors({ options }: { readonly options: readonly string[] }, pointer: string): ValidationError[] {
  const validationErrors = options.flatMap((option, index): ValidationError[] => {
    const place = `${pointer}/options/${index}`;
    if (trimUnseen(option) !== option) {
      return [{ pointer: place, detail: "has a blank or an invisible character before or after it" }];
    }
    return option.includes("  ") ? [{ pointer: place, detail: "has two blanks in a row" }] : [];
  });
  const shown = (option: string) =>
    Array.from(option.normalize("NFC").replace(/\s/gu, " "))
      .filter((character) => character === " " || !isUnseen(character))
      .join("");
  const alike = new Set(options.map(shown)).size < options.length;
  if (validationErrors.length > 0 || !alike) return validationErrors;
  return [{ pointer: `${pointer}/options`, detail: "has the same option twice, or two that look alike" }];
}

function contentErrors(event: EventDefinition): ValidationError[] {
  const validationErrors: ValidationError[] = [];
  const zoneKnown = isTimeZone(event.timeZone);
  for (const property of ["opensAt", "closesAt"] as const) {
    const detail = instantError(event[property], zoneKnown ? event.timeZone : undefined);
    if (detail) validationErrors.push({ pointer: `/${property}`, detail });
  }
  if (Date.parse(event.closesAt) <= Date.parse(event.opensAt)) {
    validationErrors.push({ pointer: "/closesAt", detail: "must be later than opensAt" });
  }
  if (!zoneKnown) {
    validationErrors.push({
      pointer: "/timeZone",
      detail: "is not a time zone, give an IANA name such as Europe/Berlin",
    });
  }
  const seen = new Set<string>();
  for (const [index, field] of event.fields.entries()) {
    const pointer = `/fields/${index}`;
    if (seen.has(field.id)) validationErrors.push({ pointer: `${pointer}/id`, detail: `is used twice: ${field.id}` });
    if (field.id in Object.prototype)
      validationErrors.push({ pointer: `${pointer}/id`, detail: `is a reserved word: ${field.id}` });
    seen.add(field.id);
    if (field.type === "number" && (field.minimum ?? -Infinity) > (field.maximum ?? Infinity)) {
      validationErrors.push({ pointer, detail: "has a minimum above its maximum" });
    }
    if (field.type === "text" && (field.minLength ?? 0) > (field.maxLength ?? defaultTextLength)) {
      validationErrors.push({ pointer, detail: "has a minLength above its maxLength" });
    }
    if (field.type === "select") validationErrors.push(...optionErrors(field, pointer));
  }
  const { asked, fitting } = textRoom(event);
  if (asked > fitting) {
    const detail =
      `allow texts of ${asked} characters in all, the name among them, of which ${fitting} fit into one registration: ` +
      `lower the maxLength of the texts, which is ${defaultTextLength} where none is given`;
    validationErrors.push({ pointer: "/fields", detail });
  }
  return validationErrors;
}

/**
 * @param value the parsed event file
 * @throws TURNOUT_EVENT_INVALID with a pointer to every error
 */
export function parseEvent(value: unknown): EventDefinition {
  const validationErrors = validator.Check(value) ? contentErrors(value) : formErrors(value);
  if (validationErrors.length > 0) {
    const list = validationErrors
      .map((validationError) => `  - ${validationError.pointer || "/"} ${validationError.detail}`)
      .join("\n");
    throw new TurnoutError(
      "TURNOUT_EVENT_INVALID",
      `The event definition has ${validationErrors.length} validationError(s):\n${list}`,
      {
        validationErrors,
      },
    );
  }
  return value as EventDefinition;
}

/**
 * @param file path of the event file
 * @throws TURNOUT_EVENT_INVALID when it cannot be read, is not JSON or is invalid
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
  return parseEvent(value);
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
