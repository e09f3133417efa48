/**
 * The form's fields as a page shows them: labels, constraints and what each one allows, in words. All of it follows from
 * the event definition and from the schema by which a submission is validated, so form and validation cannot disagree.
 */
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { submissionSchema } from "../../shared/registration/submission-schema.ts";
import { answerPrefix } from "./form-submission.ts";
import type { Messages } from "./messages.ts";

export interface Field {
  /** Of the control element; hint and error are `<id>-hint` and `<id>-error`. */
  readonly id: string;
  /** Of the control, as the form posts it. */
  readonly name: string;
  /** JSON pointer into the submission. */
  readonly pointer: string;
  readonly control: "line" | "lines" | "email" | "number" | "select" | "checkbox";
  readonly label: string;
  /** What stands before an error of this field in a list of errors, where the error alone would not say what it is about. */
  readonly subject: string;
  readonly hint: string | undefined;
  readonly required: boolean;
  /** For `select`. */
  readonly options: readonly string[];
  /** Constraints and browser aids of the control, as HTML attributes. */
  readonly attributes: Readonly<Record<string, string | number>>;
  /** What to say when nothing was given although something must be. */
  readonly missing: string;
  /** What to say when something else was given: what is allowed, in one sentence. */
  readonly allowed: string;
}

/** The keywords of a property's schema that a form control knows as well. */
interface Bounds {
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Longer texts get a box of several lines. */
const longestLine = 200;

function given(attributes: Record<string, string | number | undefined>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as Record<
    string,
    string | number
  >;
}

function allowedText({ minLength = 0, maxLength = 0 }: Bounds, text: Messages): string {
  return minLength > 1
    ? text("validation.textBetween", { minLength, maxLength })
    : text("validation.textAtMost", { maxLength });
}

function rangeOf({ minimum, maximum }: Bounds): "" | "AtLeast" | "AtMost" | "Between" {
  if (minimum !== undefined && maximum !== undefined) return "Between";
  if (minimum !== undefined) return "AtLeast";
  return maximum === undefined ? "" : "AtMost";
}

function allowedNumber(bounds: Bounds, text: Messages): string {
  const { type, minimum, maximum } = bounds;
  const kind = type === "integer" ? "integer" : "number";
  return text(`validation.${kind}${rangeOf(bounds)}`, given({ minimum, maximum }));
}

function ownField(field: EventField, bounds: Bounds, text: Messages): Field {
  const base = {
    id: `answer-${field.id}`,
    name: `${answerPrefix}${field.id}`,
    pointer: `/answers/${field.id}`,
    label: field.label,
    subject: `${field.label} – `,
    hint: field.hint,
    required: field.required ?? false,
    options: [],
    attributes: {},
    missing: text("validation.missing"),
  };
  const { minLength, maxLength = 0, minimum, maximum } = bounds;
  switch (field.type) {
    case "text":
      return {
        ...base,
        control: maxLength > longestLine ? "lines" : "line",
        attributes: given({ minlength: minLength === 0 ? undefined : minLength, maxlength: maxLength }),
        allowed: allowedText(bounds, text),
      };
    case "email":
      return { ...base, control: "email", attributes: { maxlength: maxLength }, allowed: text("validation.email") };
    case "number":
      return {
        ...base,
        control: "number",
        attributes: given({
          min: minimum,
          max: maximum,
          step: field.integer ? 1 : "any",
          inputmode: field.integer && (minimum ?? -1) >= 0 ? "numeric" : undefined,
        }),
        allowed: allowedNumber(bounds, text),
      };
    case "select":
      return {
        ...base,
        control: "select",
        options: field.options,
        missing: text("validation.selectMissing"),
        allowed: text("validation.select"),
      };
    case "checkbox":
      return {
        ...base,
        control: "checkbox",
        missing: text("validation.checkboxMissing"),
        allowed: field.required ? text("validation.checkboxMissing") : text("validation.checkbox"),
      };
  }
}

/** @returns the fields of the event's form in the order in which they are shown: email, name, then the organiser's */
export function formFields(event: EventDefinition, text: Messages): Field[] {
  const { properties } = submissionSchema(event);
  const answers = (properties.answers as unknown as { properties: Record<string, Bounds> }).properties;
  const maxNameLength = (properties.name as Bounds).maxLength ?? 0;
  return [
    {
      id: "email",
      name: "email",
      pointer: "/email",
      control: "email",
      label: text("form.email"),
      subject: "",
      hint: text("form.emailHint"),
      required: true,
      options: [],
      attributes: given({ maxlength: (properties.email as Bounds).maxLength, autocomplete: "email" }),
      missing: text("validation.emailMissing"),
      allowed: text("validation.email"),
    },
    {
      id: "name",
      name: "name",
      pointer: "/name",
      control: "line",
      label: text("form.name"),
      subject: "",
      hint: undefined,
      required: true,
      options: [],
      attributes: { maxlength: maxNameLength, autocomplete: "name" },
      missing: text("validation.nameMissing"),
      allowed: text("validation.name", { maxLength: maxNameLength }),
    },
    ...event.fields.map((field) => ownField(field, answers[field.id] ?? {}, text)),
  ];
}
