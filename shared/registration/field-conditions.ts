/**
 * Fields that are asked only of those who gave a certain answer to an earlier field: as a rule of the schema, for whoever
 * has the answers, and what is wrong with one in an event file.
 */
import type { ValidationError } from "../errors.ts";
import type { EventDefinition, EventField, FieldCondition } from "./event-definition.ts";

/** @returns the answers of which one is enough */
export function wantedAnswers({ is }: FieldCondition): readonly (string | number | true)[] {
  return Array.isArray(is) ? is : [is];
}

/**
 * @param condition of a field; undefined: it is asked of everybody
 * @param answers as submitted or as stored, without those of fields that are not asked
 * @returns whether the field is asked
 */
export function isAsked(condition: FieldCondition | undefined, answers: Readonly<Record<string, unknown>>): boolean {
  if (condition === undefined) return true;
  if (!Object.hasOwn(answers, condition.field)) return false;
  const answer = answers[condition.field];
  const wanted: readonly unknown[] = wantedAnswers(condition);
  if (Array.isArray(answer)) return answer.some((choice) => wanted.includes(choice));
  // Of a consent the wording is stored.
  return wanted.includes(answer) || (condition.is === true && typeof answer === "string" && answer !== "");
}

/** @returns the condition for organisers, such as "ticket is Both days or Friday" */
export function conditionWords(condition: FieldCondition): string {
  return `${condition.field} is ${wantedAnswers(condition).join(" or ")}`;
}

/** @returns the fields that have to be answered because of another answer, and are not: the schema only says that there are some */
export function missingByCondition({ fields }: EventDefinition, answers: unknown): EventField[] {
  if (typeof answers !== "object" || answers === null) return [];
  const given = answers as Readonly<Record<string, unknown>>;
  return fields.filter(
    ({ id, when, required }) => required && when && isAsked(when, given) && !Object.hasOwn(given, id),
  );
}

/** @returns the JSON Schema of the answer that a condition wants; any text stands for a consent that is stored */
export function wantedSchema(condition: FieldCondition, fields: readonly EventField[]): object {
  const wanted = [...wantedAnswers(condition)];
  const type = fields.find(({ id }) => id === condition.field)?.type;
  if (type === "choices") return { type: "array", contains: { enum: wanted } };
  return type === "consent" ? { anyOf: [{ const: true }, { type: "string" }] } : { enum: wanted };
}

/** @returns what could never be answered so; undefined when all is possible */
function impossible(condition: FieldCondition, target: EventField): string | undefined {
  const wanted = wantedAnswers(condition);
  switch (target.type) {
    case "select":
    case "choices": {
      const { options } = target;
      const unknown = wanted.find((answer) => !options.some((option) => option === answer));
      return unknown === undefined ? undefined : `is not one of the options of ${target.id}: ${String(unknown)}`;
    }
    case "number":
      return wanted.every((answer) => typeof answer === "number") ? undefined : `must be a number, as ${target.id} is`;
    case "checkbox":
    case "consent":
      return condition.is === true ? undefined : `must be true, as ${target.id} can only be ticked`;
    default:
      return undefined;
  }
}

const canDecide: ReadonlySet<EventField["type"]> = new Set(["select", "choices", "number", "checkbox", "consent"]);

/** @returns the errors of the conditions. Only earlier fields can decide, so there are no circles. */
export function conditionErrors({ fields }: EventDefinition): ValidationError[] {
  return fields.flatMap(({ when }, index): ValidationError[] => {
    if (when === undefined) return [];
    const pointer = `/fields/${index}/when`;
    const target = fields.slice(0, index).find(({ id }) => id === when.field);
    if (target === undefined) {
      return [{ pointer: `${pointer}/field`, detail: `must be the id of an earlier field; given was ${when.field}` }];
    }
    if (!canDecide.has(target.type)) {
      const allowed = [...canDecide].join(", ");
      return [{ pointer: `${pointer}/field`, detail: `is a ${target.type}; only one of these can decide: ${allowed}` }];
    }
    const detail = impossible(when, target);
    return detail === undefined ? [] : [{ pointer: `${pointer}/is`, detail }];
  });
}
