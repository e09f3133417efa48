/**
 * Brings a value that was read as JSON into one that DynamoDB takes: numbers that are too small, too large or too long for
 * a table, and names and texts that hold half a character, become texts that say what they were.
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

/** @returns the same value, or as near to it as a table can hold */
export function toStorable<Value>(value: Value): Value {
  return storable(value) as Value;
}
