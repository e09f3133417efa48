/** Reads the fields of a posted form: bounded texts, whole numbers, choices. Anything else is rejected with a message. */
import { TurnoutError } from "../shared/errors.ts";

export type PostedForm = Readonly<Record<string, unknown>>;

function reject(message: string): never {
  throw new TurnoutError("TURNOUT_REQUEST_INVALID", message);
}

/** @throws TURNOUT_REQUEST_INVALID if it is not a text, or too long */
export function postedText(form: PostedForm, name: string, maxLength: number): string {
  const value = form[name] ?? "";
  if (typeof value !== "string" || value.length > maxLength) {
    reject(`The field "${name}" must be one text of at most ${maxLength} characters.`);
  }
  return value.trim();
}

const maxWhyLength = 500;

/** @returns the reason for the history. @throws TURNOUT_REQUEST_INVALID if it is empty */
export function postedWhy(form: PostedForm): string {
  const why = postedText(form, "why", maxWhyLength);
  return why === "" ? reject("Please give a reason: it is kept in the history.") : why;
}

/** @throws TURNOUT_REQUEST_INVALID outside the bounds */
export function postedNumber(form: PostedForm, name: string, minimum: number, maximum: number): number {
  const text = form[name];
  const value = Number(text);
  if (typeof text !== "string" || !/^\d+$/.test(text) || value < minimum || value > maximum) {
    reject(`The field "${name}" must be a whole number from ${minimum} to ${maximum}.`);
  }
  return value;
}

/** @returns the choice, undefined if none was made. @throws TURNOUT_REQUEST_INVALID if there is no such choice */
export function postedChoice<Choice extends string>(
  form: PostedForm,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const given = form[name];
  if (given === undefined || given === "") return undefined;
  return (
    choices.find((choice) => choice === given) ?? reject(`The field "${name}" must be one of ${choices.join(", ")}.`)
  );
}

/** @returns the texts of a field that may occur several times */
export function postedList(form: PostedForm, name: string): string[] {
  const given = form[name] ?? [];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((item) => (typeof item === "string" ? item : reject(`The field "${name}" must be texts.`)));
}
