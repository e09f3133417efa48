/**
 * The optional properties of a registration, stored as attributes of their own name: language and correction, and those
 * of later versions, where the version that knows them finds them.
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

/** @returns the optional properties in order; undefined when there are none, the usual case */
export function optionalProperties(registration: Registration): [name: string, value: CarriedValue][] | undefined {
  const { language, changedAt, mailbox } = registration;
  const carried = carriedProperties(registration);
  if (language === undefined && changedAt === undefined) return carried;
  const own: [string, CarriedValue][] = [];
  if (language !== undefined) own.push(["language", language]);
  if (changedAt !== undefined) own.push(["changedAt", changedAt]);
  if (changedAt !== undefined && mailbox) own.push(["mailbox", true]);
  return carried ? [...own, ...carried] : own;
}

/**
 * @returns names and values, in the same order; undefined when there are none. Names are safe in PartiQL: letters and
 *   digits.
 */
export function optionalAttributes(
  registration: Registration,
): { readonly names: string[]; readonly values: AttributeValue[] } | undefined {
  const carried = optionalProperties(registration);
  if (carried === undefined) return undefined;
  return { names: carried.map(([name]) => name), values: carried.map(([, value]) => attributeOf(value)) };
}
