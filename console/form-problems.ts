/**
 * What is wrong with a posted form, at its fields: the page shows the form again as it was, with a summary that links to
 * each field.
 */
import { postedText, type PostedForm } from "./posted-form.ts";

export interface FormProblem {
  /** Id of the control on the page. */
  readonly control: string;
  readonly label: string;
  readonly detail: string;
  /** JSON pointer to the value, as the command shows it. */
  readonly pointer?: string;
}

const maxWhyLength = 500;

/**
 * @param control id of the field for the reason
 * @returns the reason, with the problem if there is none
 * @throws TURNOUT_REQUEST_INVALID if it is longer than the field allows
 */
export function readWhy(form: PostedForm, control: string): { readonly why: string; readonly problems: FormProblem[] } {
  const why = postedText(form, "why", maxWhyLength);
  const detail = "Please give a reason: it is kept in the history.";
  return { why, problems: why === "" ? [{ control, label: "Why", detail }] : [] };
}

/** @returns the details by control, for the fields */
export function byControl(problems: readonly FormProblem[]): Readonly<Record<string, string>> {
  return Object.fromEntries(problems.map(({ control, detail }) => [control, detail]));
}
