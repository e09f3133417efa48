/**
 * What the event file's schema cannot say: dates that exist, in order and with their zone's offset, options that come
 * back unchanged, fields that fit together and into a registration.
 */
import type { ValidationError } from "../errors.ts";
import { isDay } from "./day-range.ts";
import type { EventDefinition, EventField } from "./event-definition.ts";
import { informationErrors } from "./event-information.ts";
import { translationErrors } from "./event-translation.ts";
import { conditionErrors } from "./field-conditions.ts";
import { isUnseen, trimUnseen } from "./plain-text.ts";
import { textLength, textRoom } from "./registration-size.ts";
import { defaultTextLength } from "./registration.ts";
import { isTimeZone, zoneOffset } from "./time-zone.ts";

const calendarDay = /^(\d{4})-(\d\d)-(\d\d)/;

/** `Date.parse` reads 30 February as 2 March. */
function exists(instant: string): boolean {
  const [, year, month, day] = calendarDay.exec(instant) ?? [];
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= daysInMonth && !Number.isNaN(Date.parse(instant));
}

/** @returns the error in one time alone, if any */
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
  if (validationErrors.length > 0) return validationErrors;
  return alikeErrors(options, `${pointer}/options`);
}

function alikeErrors(options: readonly string[], pointer: string): ValidationError[] {
  const shown = (option: string) =>
    Array.from(option.normalize("NFC").replace(/\s/gu, " "))
      .filter((character) => character === " " || !isUnseen(character))
      .join("");
  if (new Set(options.map(shown)).size === options.length) return [];
  return [{ pointer, detail: "has the same option twice, or two that look alike" }];
}

/** In a translation only what is seen counts: the answer is the option of the default language. */
function alikeInTranslations({ translations = {} }: EventDefinition): ValidationError[] {
  return Object.entries(translations).flatMap(([language, { fields = {} }]) =>
    Object.entries(fields).flatMap(([id, { options = {} }]) =>
      alikeErrors(Object.values(options), `/translations/${language}/fields/${id}/options`),
    ),
  );
}

/** @returns what is wrong with one field alone */
function fieldErrors(field: EventField, pointer: string): ValidationError[] {
  switch (field.type) {
    case "number":
      if ((field.minimum ?? -Infinity) <= (field.maximum ?? Infinity)) return [];
      return [{ pointer, detail: "has a minimum above its maximum" }];
    case "text":
      if ((field.minLength ?? 0) <= textLength(field)) return [];
      return [{ pointer, detail: "has a minLength above its maxLength" }];
    case "select":
      return optionErrors(field, pointer);
    case "choices":
      return choicesErrors(field, pointer);
    case "date":
      return dateErrors(field, pointer);
    default:
      return [];
  }
}

function choicesErrors(field: Extract<EventField, { type: "choices" }>, pointer: string): ValidationError[] {
  const { options, minimum = 0, maximum = options.length } = field;
  const validationErrors = optionErrors(field, pointer);
  for (const [index, option] of options.entries()) {
    if (!option.includes(";")) continue;
    validationErrors.push({
      pointer: `${pointer}/options/${index}`,
      detail: "has a semicolon, which separates the choices in exports",
    });
  }
  if (minimum > maximum) validationErrors.push({ pointer, detail: "has a minimum above its maximum" });
  if (Math.max(minimum, field.maximum ?? 0) > options.length) {
    validationErrors.push({ pointer, detail: `has a minimum or maximum above its ${options.length} options` });
  }
  return validationErrors;
}

function dateErrors(field: Extract<EventField, { type: "date" }>, pointer: string): ValidationError[] {
  const { earliest, latest } = field;
  const validationErrors: ValidationError[] = [];
  for (const [property, day] of Object.entries({ earliest, latest })) {
    if (day === undefined || isDay(day)) continue;
    validationErrors.push({ pointer: `${pointer}/${property}`, detail: "is not a date that exists" });
  }
  if (earliest !== undefined && latest !== undefined && earliest > latest) {
    validationErrors.push({ pointer, detail: "has its earliest day after its latest" });
  }
  return validationErrors;
}

/** The times, each with the one that it has to follow. */
const times = [
  { property: "opensAt", after: undefined },
  { property: "closesAt", after: "opensAt" },
  { property: "startsAt", after: undefined },
  { property: "endsAt", after: "startsAt" },
] as const;

function timeErrors(event: EventDefinition): ValidationError[] {
  const zoneKnown = isTimeZone(event.timeZone);
  const validationErrors = times.flatMap(({ property, after }): ValidationError[] => {
    const [pointer, instant] = [`/${property}`, event[property]];
    if (instant === undefined) return [];
    const detail = instantError(instant, zoneKnown ? event.timeZone : undefined);
    const found: ValidationError[] = detail === undefined ? [] : [{ pointer, detail }];
    if (after === undefined) return found;
    const earlier = event[after];
    if (earlier === undefined) return [...found, { pointer, detail: `needs ${after}` }];
    if (Date.parse(instant) <= Date.parse(earlier)) found.push({ pointer, detail: `must be later than ${after}` });
    return found;
  });
  if (zoneKnown) return validationErrors;
  return [
    ...validationErrors,
    { pointer: "/timeZone", detail: "is not a time zone, give an IANA name such as Europe/Berlin" },
  ];
}

/** Who registers or corrects has all answers before them, so none may expire while that is possible. */
function expiryErrors(event: EventDefinition): ValidationError[] {
  const zone = isTimeZone(event.timeZone) ? event.timeZone : undefined;
  return event.fields.flatMap(({ expiresAt }, index): ValidationError[] => {
    if (expiresAt === undefined) return [];
    const pointer = `/fields/${index}/expiresAt`;
    const detail = instantError(expiresAt, zone);
    const found: ValidationError[] = detail === undefined ? [] : [{ pointer, detail }];
    const isLater = Date.parse(expiresAt) > Date.parse(event.closesAt);
    return isLater ? found : [...found, { pointer, detail: "must be later than closesAt" }];
  });
}

/** @returns the errors of an event that fits the schema, with pointers; empty for a valid one */
export function contentErrors(event: EventDefinition): ValidationError[] {
  const validationErrors = [...timeErrors(event), ...informationErrors(event), ...expiryErrors(event)];
  const seen = new Set<string>();
  for (const [index, field] of event.fields.entries()) {
    const pointer = `/fields/${index}`;
    if (seen.has(field.id)) validationErrors.push({ pointer: `${pointer}/id`, detail: `is used twice: ${field.id}` });
    if (field.id in Object.prototype)
      validationErrors.push({ pointer: `${pointer}/id`, detail: `is a reserved word: ${field.id}` });
    seen.add(field.id);
    validationErrors.push(...fieldErrors(field, pointer));
  }
  validationErrors.push(...translationErrors(event), ...alikeInTranslations(event));
  validationErrors.push(...conditionErrors(event));
  const { asked, fitting } = textRoom(event);
  if (asked > fitting) {
    const detail =
      `allow texts of ${asked} characters in all, the name among them, of which ${fitting} fit into one registration: ` +
      `lower the maxLength of the texts, ${defaultTextLength} by default`;
    validationErrors.push({ pointer: "/fields", detail });
  }
  return validationErrors;
}
