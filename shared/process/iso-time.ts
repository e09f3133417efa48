/** Times as text. Writing one costs as much as validating a registration, and in a rush many fall into one millisecond. */

let latest: { readonly at: number; readonly text: string } | undefined;

/**
 * @param at milliseconds since the epoch
 * @returns ISO 8601, UTC, milliseconds
 * @throws RangeError outside the years that a `Date` knows
 */
export function isoTime(at: number): string {
  if (latest?.at !== at) latest = { at, text: new Date(at).toISOString() };
  return latest.text;
}
