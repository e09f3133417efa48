/**
 * Converts a JSON value into one that DynamoDB accepts: unsupported numbers, and names and texts with lone surrogates,
 * become descriptive texts. So does the name `__proto__`, which the SDK would take for the prototype of what it encodes.
 */
import { dynamoDbLimits } from "../aws/aws-limits.ts";

function isStorableNumber(value: number): boolean {
  if (value === 0) return true;
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && Math.abs(value) >= dynamoDbLimits.smallestNumber;
}

function storableName(name: string): string {
  return name === "__proto__" ? '"__proto__"' : name.toWellFormed();
}

function storable(value: unknown): unknown {
  if (typeof value === "number") return isStorableNumber(value) ? value : String(value);
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storableName(name), storable(inner)]));
}

/** @returns the same value, or the nearest that a table can hold */
export function toStorable<Value>(value: Value): Value {
  return storable(value) as Value;
}
