/**
 * The rules of an event's time zone for a calendar file (RFC 5545, 3.6.5), from a library, and only where they give the
 * very instants of the event: a reader that applies others would be there at the wrong hour.
 */
import { tzlib_get_ical_block, tzlib_get_offset, tzlib_get_timezones } from "timezones-ical-library";
import { offsetMs, zoneOffset } from "./time-zone.ts";

export interface CalendarZone {
  /** As its rules name it; of an alias, the zone that it stands for. */
  readonly name: string;
  /** A VTIMEZONE component. */
  readonly rules: string;
}

/** The file goes with every confirmation. Today's longest rules have 435 bytes. */
const maxRulesBytes = 2_048;
const hourMs = 3_600_000;
/** No zone changes by more. */
const longestChangeMs = 3 * hourMs;

/** Read by `tzlib_get_offset` to the minute. */
function wallTime(timeZone: string, instant: number): readonly [day: string, time: string] {
  const local = new Date(instant + offsetMs(zoneOffset(timeZone, instant))).toISOString();
  return [local.slice(0, 10), local.slice(11, 16)];
}

/** An hour that comes twice, when clocks are put back: readers disagree about which one is meant. */
function comesTwice(timeZone: string, instant: number): boolean {
  const own = zoneOffset(timeZone, instant);
  return [instant - longestChangeMs, instant + longestChangeMs].some((near) => {
    const other = zoneOffset(timeZone, near);
    return other !== own && zoneOffset(timeZone, instant + offsetMs(own) - offsetMs(other)) === other;
  });
}

/**
 * @param timeZone valid by `isTimeZone`
 * @param instants that the file says, in milliseconds since the epoch
 * @returns undefined where the file has to give them in UTC: in UTC itself, for a zone that the library does not know,
 *   for instants for which its rules are not Node's (they are today's, and the past had others), and for an hour that
 *   comes twice
 */
export function calendarZone(timeZone: string, instants: readonly number[]): CalendarZone | undefined {
  // As Node spells it, whatever the case in the file.
  const { timeZone: known } = new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions();
  // Asked for another, it would write to the console.
  if (!tzlib_get_timezones().includes(known)) return undefined;
  const [rules = ""] = tzlib_get_ical_block(known);
  const [, name] = /^BEGIN:VTIMEZONE\r\nTZID:(.+)\r\n/.exec(rules) ?? [];
  if (name === undefined || name === "Etc/UTC" || Buffer.byteLength(rules) > maxRulesBytes) return undefined;
  const isRight = instants.every(
    (instant) =>
      offsetMs(tzlib_get_offset(known, ...wallTime(known, instant))) === offsetMs(zoneOffset(known, instant)) &&
      !comesTwice(known, instant),
  );
  return isRight ? { name, rules } : undefined;
}
