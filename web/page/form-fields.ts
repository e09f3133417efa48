/**
 * The form's fields for the page: labels, constraints and hints, derived from the event definition and the submission
 * schema, so that form and validation agree.
 */
import { languageTraits, type Language } from "../../shared/page/language.ts";
import type { EventDefinition, EventField, FieldCondition } from "../../shared/registration/event-definition.ts";
import { hasSeveralLines } from "../../shared/registration/registration-size.ts";
import { wantedAnswers } from "../../shared/registration/field-conditions.ts";
import { dayInWords } from "../../shared/registration/shown-answers.ts";
import { submissionSchema } from "../../shared/registration/submission-schema.ts";
import type { FieldExpiry } from "./answer-expiry.ts";
import { answerPrefix } from "./form-submission.ts";
import { messagesIn, type Messages } from "./messages.ts";

export interface Field {
  /** Id of the control; hint and error are `<id>-hint` and `<id>-error`. */
  readonly id: string;
  /** Name of the control in the form post. */
  readonly name: string;
  /** JSON pointer into the submission. */
  readonly pointer: string;
  readonly control:
    | "line"
    | "lines"
    | "email"
    | "number"
    | "select"
    | "checkbox"
    | "choices"
    | "date"
    | "telephone"
    | "consent";
  readonly label: string;
  /** Prefix for its error in the summary when the message alone does not name the field. */
  readonly subject: string;
  readonly hint: string | undefined;
  readonly required: boolean;
  /** For `select` and `choices`. */
  readonly options: readonly string[];
  /** What is shown for each option where it is not the option itself. */
  readonly optionLabels?: Readonly<Record<string, string>> | undefined;
  /** For `choices`: how many. */
  readonly choices?: { readonly minimum: number; readonly maximum: number };
  /** For `consent`: what is agreed to. */
  readonly wording?: string;
  /** Of whom it is asked; absent: of everybody. */
  readonly condition?: Condition;
  /** Of the first field of a section. */
  readonly section?: NonNullable<EventField["section"]>;
  /** When its answer is deleted, if before the registration: `withExpiry`. */
  readonly expiry?: FieldExpiry;
  /** Constraints and autofill hints, as HTML attributes. */
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Message when a required value is missing. */
  readonly missing: string;
  /** Message for an invalid value: what is allowed, in one sentence. */
  readonly allowed: string;
}

export interface Condition {
  /** The control that decides. */
  readonly name: string;
  /** The answers of which one is enough. */
  readonly wanted: readonly (string | number | true)[];
  /** A sentence that says for whom the field is. */
  readonly words: string;
}

/** The schema keywords that form controls support. */
interface Bounds {
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

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

function conditionOf(when: FieldCondition, { fields }: EventDefinition, text: Messages): Condition {
  const { label = when.field, optionLabels } = fields.find(({ id }) => id === when.field) ?? {};
  const wanted = wantedAnswers(when);
  const shown = (answer: unknown) => optionLabels?.[String(answer)] ?? String(answer);
  const quoted = wanted.map((answer) => text("form.quoted", { answer: shown(answer) }));
  const words =
    when.is === true
      ? text("form.onlyIfTicked", { label })
      : text("form.onlyIf", { label, answers: quoted.join(` ${text("form.or")} `) });
  return { name: `${answerPrefix}${when.field}`, wanted, words };
}

function allowedChoices({ minItems = 0, maxItems = 0 }: Bounds, options: readonly string[], text: Messages): string {
  const [minimum, maximum] = [minItems, maxItems];
  if (minimum === maximum) return text("validation.choicesExactly", { count: minimum });
  if (maximum < options.length) {
    return minimum > 0
      ? text("validation.choicesBetween", { minimum, maximum })
      : text("validation.choicesAtMost", { maximum });
  }
  return minimum > 1 ? text("validation.choicesAtLeast", { minimum }) : text("validation.choices");
}

function allowedDate(field: Extract<EventField, { type: "date" }>, text: Messages, locale: string): string {
  const [earliest, latest] = [field.earliest, field.latest].map((day) => day && dayInWords(day, locale));
  if (earliest !== undefined && latest !== undefined) return text("validation.dateBetween", { earliest, latest });
  if (earliest !== undefined) return text("validation.dateFrom", { earliest });
  return latest === undefined ? text("validation.date") : text("validation.dateUntil", { latest });
}

/** `telephonePattern` as HTML compiles it, with blanks around that the server trims. */
const typedTelephone = String.raw`\s*\+?[0-9 \(\)\.\/\-]{5,30}\s*`;

function ownField(field: EventField, bounds: Bounds, event: EventDefinition, text: Messages, locale: string): Field {
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
    ...(field.when && { condition: conditionOf(field.when, event, text) }),
    ...(field.section && { section: field.section }),
  };
  const { minLength, maxLength = 0, minimum, maximum } = bounds;
  switch (field.type) {
    case "text":
      return {
        ...base,
        control: hasSeveralLines(field) ? "lines" : "line",
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
        optionLabels: field.optionLabels,
        missing: text("validation.selectMissing"),
        allowed: text("validation.select"),
      };
    case "choices": {
      const { minItems = 0, maxItems = field.options.length } = bounds;
      return {
        ...base,
        control: "choices",
        options: field.options,
        optionLabels: field.optionLabels,
        choices: { minimum: minItems, maximum: maxItems },
        missing: allowedChoices(bounds, field.options, text),
        allowed: allowedChoices(bounds, field.options, text),
      };
    }
    case "date":
      return {
        ...base,
        control: "date",
        attributes: given({ min: field.earliest, max: field.latest }),
        allowed: allowedDate(field, text, locale),
      };
    case "telephone":
      return {
        ...base,
        control: "telephone",
        attributes: { pattern: typedTelephone, maxlength: 40 },
        allowed: text("validation.telephone"),
      };
    case "consent":
      return {
        ...base,
        control: "consent",
        wording: field.text,
        missing: text("validation.consentMissing"),
        allowed: field.required ? text("validation.consentMissing") : text("validation.checkbox"),
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

/**
 * @param event in this language
 * @returns the form's fields in order: email, name, then the organiser's
 */
export function formFields(event: EventDefinition, language: Language): Field[] {
  const text = messagesIn(language);
  const { locale } = languageTraits[language];
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
    ...event.fields.map((field) => ownField(field, answers[field.id] ?? {}, event, text, locale)),
  ];
}
