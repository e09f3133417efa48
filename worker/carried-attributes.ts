/**
 * Optional properties of a later version in the form in which the registrations table keeps them: each as an attribute of
 * its own name, where the version that knows it looks for it, whichever worker stored it.
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
 * @returns names and values, in the same order; undefined where there are none, which is the rule. The names are safe in a
 *   PartiQL statement: letters and digits.
 */
export function carriedAttributes(
  registration: Registration,
): { readonly names: string[]; readonly values: AttributeValue[] } | undefined {
  const carried = carriedProperties(registration);
  if (carried === undefined) return undefined;
  return { names: carried.map(([name]) => name), values: carried.map(([, value]) => attributeOf(value)) };
}
