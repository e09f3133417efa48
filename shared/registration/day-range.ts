/** Days as `YYYY-MM-DD`: which there are, and a range of them as portable JSON Schema patterns. */

export const dayPattern = String.raw`^\d{4}-\d\d-\d\d$`;

/** @returns whether there is this day. `Date.parse` reads 30 February as 2 March */
export function isDay(text: string): boolean {
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text);
}

/**
 * JSON Schema can bound numbers, but no dates. Digits at equal places compare like the days: the day itself, or a
 * greater digit after the same beginning.
 */
function pattern(day: string, beyond: (digit: string) => string | undefined): string {
  const alternatives = [day];
  for (const [place, digit] of Array.from(day).entries()) {
    const others = digit === "-" ? undefined : beyond(digit);
    if (others === undefined) continue;
    const rest = day.slice(place + 1).replace(/\d/g, String.raw`\d`);
    alternatives.push(`${day.slice(0, place)}${others}${rest}`);
  }
  return `^(${alternatives.join("|")})$`;
}

/** @returns a pattern of all days from this one on */
export function fromDayPattern(day: string): string {
  return pattern(day, (digit) => (digit === "9" ? undefined : `[${Number(digit) + 1}-9]`));
}

/** @returns a pattern of all days up to this one */
export function untilDayPattern(day: string): string {
  return pattern(day, (digit) => (digit === "0" ? undefined : `[0-${Number(digit) - 1}]`));
}
