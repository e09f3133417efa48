/** Hours and days of a time zone, told apart also where a clock is set back. */
import { zoneOffset } from "../../shared/registration/time-zone.ts";

export const periodLengths = ["hour", "day"] as const;
export type PeriodLength = (typeof periodLengths)[number];

/** No zone's offset changes within a quarter of an hour, nor is it other than a multiple of it. */
const quarterMs = 15 * 60_000;
const kept = 10_000;

/**
 * @param timeZone IANA name, valid by `isTimeZone`
 * @returns a function from a time (ISO 8601) to the hour or day it is in, such as `2026-05-01T09:00+02:00` or `2026-05-01`;
 *   undefined for what is no time. In the order of time when sorted as instants.
 */
export function createPeriods(timeZone: string, per: PeriodLength): (time: string | undefined) => string | undefined {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    hourCycle: "h23",
  });
  const known = new Map<number, string>();

  function nameOf(instant: number): string {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const day = `${parts.year}-${parts.month}-${parts.day}`;
    return per === "day" ? day : `${day}T${parts.hour}:00${zoneOffset(timeZone, instant)}`;
  }

  return (time) => {
    const instant = time === undefined ? Number.NaN : Date.parse(time);
    if (Number.isNaN(instant)) return undefined;
    const quarter = Math.floor(instant / quarterMs);
    let name = known.get(quarter);
    if (name === undefined) {
      if (known.size >= kept) known.clear();
      name = nameOf(quarter * quarterMs);
      known.set(quarter, name);
    }
    return name;
  };
}
