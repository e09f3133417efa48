/**
 * Optional properties of later versions, stored as attributes of their own name, where the version that knows them
 * finds them.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { carriedProperties, type CarriedValue, type Registration } from "../shared/registration/registration.ts";

function attributeOf(value: CarriedValue): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  return { M: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, attributeOf(inner)])) };
}

/**
 * @returns names and values, in the same order; undefined when there are none, the usual case. Names are safe in
 *   PartiQL: letters and digits.
 */
export function carriedAttributes(
  registration: Registration,
): { readonly names: string[]; readonly values: AttributeValue[] } | undefined {
  const carried = carriedProperties(registration);
  if (carried === undefined) return undefined;
  return { names: carried.map(([name]) => name), values: carried.map(([, value]) => attributeOf(value)) };
}
