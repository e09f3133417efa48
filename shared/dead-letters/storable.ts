/**
 * Converts a JSON value into one that DynamoDB accepts: unsupported numbers, and names and texts with lone surrogates,
 * become descriptive texts.
 */
import { dynamoDbLimits } from "../aws/aws-limits.ts";

function isStorableNumber(value: number): boolean {
  if (value === 0) return true;
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && Math.abs(value) >= dynamoDbLimits.smallestNumber;
}

function storable(value: unknown): unknown {
  if (typeof value === "number") return isStorableNumber(value) ? value : String(value);
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), storable(inner)]));
}

/** @returns the same value, or the nearest that a table can hold */
export function toStorable<Value>(value: Value): Value {
  return storable(value) as Value;
}
