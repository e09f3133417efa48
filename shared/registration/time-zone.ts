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
