/** The form that says which field of many dead letters is changed, and how. */
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { TurnoutError } from "../shared/errors.ts";
import { parseAssignment, parseRemoval } from "../admin/dead-letters/edit.ts";
import { createReplacement, type ManyChange } from "../admin/dead-letters/many-change.ts";
import type { FormProblem } from "./form-problems.ts";
import { postedChoice, postedText, type PostedForm } from "./posted-form.ts";

export const manyKinds = ["replace", "set", "remove"] as const;

/** As the form shows it. */
export interface ManyFormValues {
  readonly field: string;
  readonly kind: ManyChange["kind"];
  readonly value: string;
  readonly part: string;
  readonly by: string;
}

const maxFieldLength = 60;
const maxValueLength = 5_000;
const prefix = "answers.";

/** @returns the names of the fields that can be changed, with their labels */
export function changeableFields(event: EventDefinition | undefined): { name: string; label: string }[] {
  const own = (event?.fields ?? []).map(({ id, label }) => ({ name: prefix + id, label }));
  return [{ name: "email", label: "Email address" }, { name: "name", label: "Name" }, ...own];
}

/** An answer that looks like a number or a list is text where the event asks for a text. */
function assignment(event: EventDefinition | undefined, field: string, text: string): string {
  const type = event?.fields.find(({ id }) => prefix + id === field)?.type;
  const isText = field.startsWith(prefix) && type !== undefined && !["number", "checkbox", "choices"].includes(type);
  return `${field}=${isText ? JSON.stringify(text) : text}`;
}

export function readManyValues(form: PostedForm): ManyFormValues {
  return {
    field: postedText(form, "field", maxFieldLength),
    kind: postedChoice(form, "kind", manyKinds) ?? "replace",
    value: postedText(form, "value", maxValueLength),
    part: postedText(form, "part", maxValueLength),
    by: postedText(form, "by", maxValueLength),
  };
}

/** @returns the values that would give this change again */
export function valuesOf(change: ManyChange): ManyFormValues {
  const none = { field: change.field, kind: change.kind, value: "", part: "", by: "" };
  if (change.kind === "replace") return { ...none, part: change.part, by: change.by };
  if (change.kind === "remove") return none;
  return { ...none, value: typeof change.value === "string" ? change.value : JSON.stringify(change.value) };
}

/** @returns the change, or what is wrong with it, at the fields of the form */
export function readManyChange(
  { field, kind, value, part, by }: ManyFormValues,
  event: EventDefinition | undefined,
): ManyChange | FormProblem[] {
  const problem = (control: string, label: string, detail: string): FormProblem[] => [{ control, label, detail }];
  if (field === "") return problem("field", "Field", "Please say which field is to be changed.");
  try {
    parseRemoval(field);
  } catch (error) {
    if (!(error instanceof TurnoutError)) throw error;
    return problem("field", "Field", error.message);
  }
  if (kind === "remove") {
    if (field.startsWith(prefix)) return { kind, field };
    return problem(
      "field",
      "Field",
      "Each registration needs an email address and a name: only answers can be removed.",
    );
  }
  if (kind === "replace") {
    if (part === "") return problem("part", "This part", "Please say which part of the text is to be replaced.");
    return part === by ? problem("by", "By this", "This is the same text.") : createReplacement(field, part, by);
  }
  if (value === "")
    return problem("value", "New value", "Please give the new value. To take an answer away, remove it.");
  const change = parseAssignment(assignment(event, field, value));
  return { kind, field: change.field, value: change.value ?? "" };
}
