/**
 * Puts schema errors into words for organisers and operators. Messages for attendees are in
 * `web/page/validation-messages.ts`.
 */
import type { TLocalizedValidationError } from "typebox/error";
import type { ValidationError } from "../errors.ts";

/**
 * @param errors of one value, in the validator's order
 * @param rules meaning of each pattern: completes "must be …"
 * @returns the first error of each place
 */
export function schemaErrors(
  errors: readonly TLocalizedValidationError[],
  rules: ReadonlyMap<string, string>,
): ValidationError[] {
  const details = new Map<string, string>();
  function add(pointer: string, detail: string): void {
    if (!details.has(pointer)) details.set(pointer, detail);
  }
  for (const error of errors) {
    const { instancePath: pointer, message } = error;
    // The branches of a union contradict each other, so one sentence covers all.
    if (error.keyword === "anyOf" || error.schemaPath.includes("/anyOf/"))
      add(pointer, "is no value that is allowed here");
    else if (error.keyword === "boolean") add(pointer, "is not a property that is known here");
    else if (error.keyword === "required") {
      for (const name of error.params.requiredProperties) add(`${pointer}/${name}`, "is missing");
    } else if (error.keyword === "pattern") {
      const rule = rules.get(String(error.params.pattern));
      add(pointer, rule === undefined ? message : `must be ${rule}`);
    } else add(pointer, message);
  }
  return Array.from(details, ([pointer, detail]) => ({ pointer, detail }));
}
