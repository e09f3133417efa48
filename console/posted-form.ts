/** Reads what a form posted: texts with bounds, whole numbers, choices. Whatever else comes is refused in words. */
import { TurnoutError } from "../shared/errors.ts";

export type PostedForm = Readonly<Record<string, unknown>>;

function refuse(message: string): never {
  throw new TurnoutError("TURNOUT_REQUEST_INVALID", message);
}

/** @throws TURNOUT_REQUEST_INVALID where it is none, or longer */
export function postedText(form: PostedForm, name: string, maxLength: number): string {
  const value = form[name] ?? "";
  if (typeof value !== "string" || value.length > maxLength) {
    refuse(`The field "${name}" takes one text of at most ${maxLength} characters.`);
  }
  return value.trim();
}

const maxWhyLength = 500;

/** @returns why somebody did it, for the history. @throws TURNOUT_REQUEST_INVALID where nothing was said */
export function postedWhy(form: PostedForm): string {
  const why = postedText(form, "why", maxWhyLength);
  return why === "" ? refuse("Please say why: it stays in the history, for whoever looks later.") : why;
}

/** @throws TURNOUT_REQUEST_INVALID outside the bounds */
export function postedNumber(form: PostedForm, name: string, minimum: number, maximum: number): number {
  const text = form[name];
  const value = Number(text);
  if (typeof text !== "string" || !/^\d+$/.test(text) || value < minimum || value > maximum) {
    refuse(`The field "${name}" takes a whole number from ${minimum} to ${maximum}.`);
  }
  return value;
}

/** @returns the choice, undefined where none was made. @throws TURNOUT_REQUEST_INVALID where there is no such choice */
export function postedChoice<Choice extends string>(
  form: PostedForm,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const given = form[name];
  if (given === undefined || given === "") return undefined;
  return (
    choices.find((choice) => choice === given) ?? refuse(`The field "${name}" takes one of ${choices.join(", ")}.`)
  );
}

/** @returns the texts of a field that may be there several times */
export function postedList(form: PostedForm, name: string): string[] {
  const given = form[name] ?? [];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((item) => (typeof item === "string" ? item : refuse(`The field "${name}" takes texts.`)));
}
