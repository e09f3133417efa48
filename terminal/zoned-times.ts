/** Times as people read them: in one time zone, which is always named. Machines get ISO 8601 in UTC instead. */
import { zoneAbbreviation } from "../shared/registration/time-zone.ts";

export interface ZonedTimes {
  /** IANA name. */
  readonly timeZone: string;
  /**
   * @param time ISO 8601, or milliseconds since the epoch
   * @returns such as `2026-05-01 18:04:05 CEST`; what was given where it is no time
   */
  full(time: string | number): string;
  /** @returns the same without the zone, for where that is named besides */
  bare(time: string | number): string;
  /** @returns the zone's name at a time, such as `CEST` */
  zoneAt(time: string | number): string;
  /**
   * A column of a table: the zone stands in its heading, or, where the column reaches over a change of the clocks, in every cell.
   * @returns such as `{ head: "WHEN (CEST)", cells: ["2026-05-01 18:04:05"] }`
   */
  column(head: string, times: readonly string[]): { readonly head: string; readonly cells: readonly string[] };
}

/** @param timeZone valid by `isTimeZone`; default UTC */
export function createZonedTimes(timeZone = "UTC"): ZonedTimes {
  const digits = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const instantOf = (time: string | number) => (typeof time === "number" ? time : Date.parse(time));
  const zoneAt = (time: string | number) => {
    const instant = instantOf(time);
    return zoneAbbreviation(timeZone, Number.isNaN(instant) ? 0 : instant);
  };
  const bare = (time: string | number) => {
    const instant = instantOf(time);
    return Number.isNaN(instant) ? String(time) : digits.format(instant);
  };
  const full = (time: string | number) =>
    Number.isNaN(instantOf(time)) ? String(time) : `${bare(time)} ${zoneAt(time)}`;
  return {
    timeZone,
    full,
    bare,
    zoneAt,
    column(head, times) {
      const zones = [...new Set(times.filter((time) => !Number.isNaN(Date.parse(time))).map(zoneAt))];
      if (zones.length > 1) return { head: `${head} (${timeZone})`, cells: times.map(full) };
      return { head: `${head} (${zones[0] ?? timeZone})`, cells: times.map(bare) };
    },
  };
}
