/** Times as people write them, in a time zone, and as event files have them. */
import { offsetMs, zoneOffset } from "../../shared/registration/time-zone.ts";

const written = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/;
const minuteMs = 60_000;

/**
 * @param text such as 2026-05-01 09:00
 * @param timeZone valid by `isTimeZone`
 * @returns the instant with the zone's offset, the earlier one of an hour that comes twice; undefined for another form,
 *   and for a time that the zone does not have
 */
export function zonedInstant(text: string, timeZone: string): string | undefined {
  const [, day, time] = written.exec(text.trim()) ?? [];
  const asUtc = Date.parse(`${day}T${time}:00Z`);
  // `Date.parse` reads 30 February as 2 March.
  if (Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(`${day}T${time}`)) return undefined;
  const dayMs = 1_440 * minuteMs;
  // Of the day before and after: one of them is the zone's at that time, or the time does not exist.
  for (const near of [asUtc - dayMs, asUtc + dayMs]) {
    const offset = zoneOffset(timeZone, near);
    if (zoneOffset(timeZone, asUtc - offsetMs(offset)) === offset) return `${day}T${time}:00${offset}`;
  }
  return undefined;
}
