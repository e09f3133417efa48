/** IANA time zones as known to the running Node. */

/** @param name IANA name, such as Europe/Berlin */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param timeZone valid by `isTimeZone`
 * @param instant milliseconds since the epoch
 * @returns the zone's offset at that instant, such as +02:00
 */
export function zoneOffset(timeZone: string, instant: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(instant);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  return name.replace("GMT", "") || "+00:00";
}

/** Each of these languages' data has abbreviations for the zones of its own part of the world alone, such as CEST and EDT. */
const abbreviating = ["en-GB", "en-US", "en-AU"] as const;

/**
 * @param timeZone valid by `isTimeZone`
 * @param instant milliseconds since the epoch
 * @returns what people call the zone at that instant, such as CEST; such as GMT+5:30 where there is no usual abbreviation
 */
export function zoneAbbreviation(timeZone: string, instant: number): string {
  const names = abbreviating.map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" }).formatToParts(instant);
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
  });
  return names.find((name) => !/^GMT[+-]/.test(name)) ?? names[0] ?? timeZone;
}

const minuteMs = 60_000;

/** @param offset such as +02:00 or +0200. @returns it in milliseconds; NaN for anything else */
export function offsetMs(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minuteMs;
}
