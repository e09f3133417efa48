/**
 * The form's fields for the page: labels, constraints and hints, derived from the event definition and the submission
 * schema, so that form and validation agree.
 */
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { submissionSchema } from "../../shared/registration/submission-schema.ts";
import { answerPrefix } from "./form-submission.ts";
import type { Messages } from "./messages.ts";

export interface Field {
  /** Id of the control; hint and error are `<id>-hint` and `<id>-error`. */
  readonly id: string;
  /** Name of the control in the form post. */
  readonly name: string;
  /** JSON pointer into the submission. */
  readonly pointer: string;
  readonly control: "line" | "lines" | "email" | "number" | "select" | "checkbox";
  readonly label: string;
  /** Prefix for its error in the summary when the message alone does not name the field. */
  readonly subject: string;
  readonly hint: string | undefined;
  readonly required: boolean;
  /** For `select`. */
  readonly options: readonly string[];
  /** Constraints and autofill hints, as HTML attributes. */
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Message when a required value is missing. */
  readonly missing: string;
  /** Message for an invalid value: what is allowed, in one sentence. */
  readonly allowed: string;
}

/** The schema keywords that form controls support. */
interface Bounds {
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Longer texts get a textarea. */
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

/** @returns the form's fields in order: email, name, then the organiser's */
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
