/**
 * The form that edits a dead letter's registration: email, name and the fields of the event, with the constraints of the schema
 * that the edit is validated against.
 */
import type { ValidationError } from "../shared/errors.ts";
import type { EventDefinition, EventField } from "../shared/registration/event-definition.ts";
import { hasSeveralLines } from "../shared/registration/registration-size.ts";
import { conditionWords } from "../shared/registration/field-conditions.ts";
import { keptSchema } from "../shared/registration/submission-schema.ts";
import { postedList } from "./posted-form.ts";
import type { FieldChange } from "../admin/dead-letters/edit.ts";

export interface EditField {
  /** Of the control in the form, and of the field in the edit: `email`, `name`, `answers.FIELD`. */
  readonly name: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly control: "line" | "lines" | "number" | "select" | "choices" | "checkbox" | "surplus";
  readonly options: readonly string[];
  /** Constraints as HTML attributes. */
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Of a checkbox: whether it is checked; of choices: those that are. */
  readonly value: string | boolean | readonly string[];
  readonly error: string | undefined;
}

/** Texts by the names of their controls. An unchecked checkbox is not posted. */
export type PostedFields = Readonly<Record<string, unknown>>;

interface Bounds {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly type?: string;
}

const prefix = "answers.";
/** Prefix of the checkbox that removes an answer to a question the event does not ask. */
const removal = "remove.";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAnswer(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return isAnswer(value) ? String(value) : JSON.stringify(value);
}

function pointerOf(name: string): string {
  return `/${name.replace(prefix, "answers/")}`;
}

function answersOf(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return isRecord(entry.answers) ? entry.answers : {};
}

function boundsOf(event: EventDefinition | undefined): Record<string, Bounds> {
  if (!event) return {};
  const { answers } = keptSchema(event).properties;
  return (answers as unknown as { properties: Record<string, Bounds> }).properties;
}

function limits({ minLength, maxLength, minimum, maximum, type }: Bounds): EditField["attributes"] {
  const given = {
    minlength: minLength === 0 ? undefined : minLength,
    maxlength: maxLength,
    min: minimum,
    max: maximum,
    step: type === "integer" ? 1 : type === "number" ? "any" : undefined,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as EditField["attributes"];
}

const controls = {
  text: "line",
  email: "line",
  number: "number",
  select: "select",
  choices: "choices",
  checkbox: "checkbox",
  date: "line",
  telephone: "line",
  // Only who agreed can say so: it can be taken away, not given.
  consent: "surplus",
} as const;

function hintOf(field: EventField): string | undefined {
  const { required, when } = field;
  if (field.type === "consent") return "A consent, with its wording.";
  if (when !== undefined) return `${required ? "required, but " : ""}only if ${conditionWords(when)}`;
  return required ? "required" : undefined;
}

/** @returns the id of a field's control on the page */
export function controlIdOf(name: string): string {
  return `edit-${name.replace(".", "-")}`;
}

type Blank = Omit<EditField, "value" | "error">;

function blankFields(event: EventDefinition | undefined): Blank[] {
  const bounds = boundsOf(event);
  const own = (event?.fields ?? []).map((field): Blank => {
    const of = bounds[field.id] ?? {};
    const long = field.type === "text" && hasSeveralLines(field);
    return {
      name: prefix + field.id,
      label: field.label,
      hint: hintOf(field),
      control: long ? "lines" : controls[field.type],
      options: "options" in field ? field.options : [],
      attributes: limits(of),
    };
  });
  const base = { control: "line", options: [], attributes: {} } as const;
  return [
    { ...base, name: "email", label: "Email address", hint: "required" },
    { ...base, name: "name", label: "Name", hint: "required" },
    ...own,
  ];
}

/**
 * @param entry what can be read of the registration, valid or not
 * @param posted what was entered; undefined if the form is shown for the first time
 * @param errors of the validation
 */
export function editFields(
  event: EventDefinition | undefined,
  entry: Readonly<Record<string, unknown>>,
  posted: PostedFields | undefined,
  errors: readonly ValidationError[],
): EditField[] {
  const answers = answersOf(entry);
  const details = new Map(errors.map(({ pointer, detail }) => [pointer, detail]));
  const blanks = blankFields(event);
  const asked = new Set(blanks.map(({ name }) => name));
  const surplus = Object.keys(answers)
    .map((id) => prefix + id)
    .filter((name) => !asked.has(name))
    .map((name): Blank => ({
      name,
      label: name.slice(prefix.length),
      hint: event ? "Not a field of this event." : undefined,
      control: "surplus",
      options: [],
      attributes: {},
    }));
  return [...blanks, ...surplus].flatMap((blank): EditField[] => {
    const { name, control } = blank;
    const current = name.startsWith(prefix) ? answers[name.slice(prefix.length)] : entry[name];
    const error = details.get(pointerOf(name));
    if (control === "surplus" && current === undefined && error === undefined) return [];
    return [shownField(blank, current, posted, error)];
  });
}

function shownField(
  blank: Blank,
  current: unknown,
  posted: PostedFields | undefined,
  error: string | undefined,
): EditField {
  const { name, control } = blank;
  if (control === "checkbox") {
    return { ...blank, error, value: posted ? posted[name] !== undefined : current === true };
  }
  if (control === "choices") return { ...blank, error, value: posted ? postedList(posted, name) : listOf(current) };
  if (control === "surplus") return { ...blank, error, value: shown(current) };
  return { ...blank, error, value: posted ? shown(posted[name]) : shown(current) };
}

/** @returns the options that are chosen, those that the event no longer has among them */
function listOf(value: unknown): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(shown) : [shown(value)];
}

function choicesChange(field: string, before: unknown, given: readonly string[]): FieldChange[] {
  if (given.length === 0 && (before === undefined || (Array.isArray(before) && before.length === 0))) return [];
  if (given.length === 0) return [{ field, value: undefined }];
  const chosen = new Set(given);
  const isSame = Array.isArray(before) && before.length === chosen.size && before.every((one) => chosen.has(one));
  return isSame ? [] : [{ field, value: [...chosen] }];
}

function readNumber(text: string): string | number {
  const value = Number(text);
  // Other text is left unchanged, for the validation to report.
  return text.trim() === "" || Number.isNaN(value) ? text : value;
}

/** @returns the fields whose value differs from the entry */
export function readChanges(
  event: EventDefinition | undefined,
  entry: Readonly<Record<string, unknown>>,
  posted: PostedFields,
): FieldChange[] {
  const answers = answersOf(entry);
  return editFields(event, entry, undefined, []).flatMap(({ name, control, value: before }): FieldChange[] => {
    const given = posted[name];
    if (control === "surplus") return posted[removal + name] === undefined ? [] : [{ field: name, value: undefined }];
    if (control === "choices") {
      return choicesChange(name, answers[name.slice(prefix.length)], postedList(posted, name));
    }
    if (control === "checkbox") {
      const checked = given !== undefined;
      // If it was not checked before, there may have been no answer: that is no change.
      return checked === before ? [] : [{ field: name, value: checked }];
    }
    if (typeof given !== "string") return [];
    // Browsers post every line break as CR LF.
    const text = given.replaceAll("\r\n", "\n");
    const stored = name.startsWith(prefix) ? answers[name.slice(prefix.length)] : entry[name];
    const value = control === "number" ? readNumber(text) : text;
    if (text === before && (stored === undefined || typeof stored === typeof value)) return [];
    if (text === "" && name.startsWith(prefix)) return [{ field: name, value: undefined }];
    return [{ field: name, value }];
  });
}
