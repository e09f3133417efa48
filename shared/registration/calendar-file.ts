/**
 * The event as an iCalendar file (RFC 5545), for mails and pages. The same for everybody, and from every server: it
 * holds nothing of a registration, and no clock is read.
 */
import { createHash } from "node:crypto";
import { TZDate } from "@date-fns/tz";
import { ICalCalendar, ICalCalendarMethod } from "ical-generator";
import { languageOf, languageTraits, type Language } from "../page/language.ts";
import { calendarZone } from "./calendar-zone.ts";
import type { EventDefinition } from "./event-definition.ts";
import { eventIn, languagesOf } from "./event-translation.ts";

export const calendarFileName = "event.ics";
/** With the method (RFC 6047): mail programs otherwise take the event for an invitation to reply to. */
export const calendarFileType = "text/calendar; charset=utf-8; method=PUBLISH";

/** Those of Unicode too, which RFC 5545 does not know: some readers would break the line there. */
const lineEnd = /\r\n|[\r\u2028\u2029]/g;

/**
 * A calendar takes files with the same UID for the same event and shows it once, with what the newest file says.
 * @param host of the site; without it, events of the same name and time are taken for one
 */
function uidOf({ name }: EventDefinition, startsAt: Date, host: string | undefined): string {
  const digest = createHash("sha256").update(`${name}\n${startsAt.toISOString()}`).digest("hex");
  return `${digest.slice(0, 32)}@${host ?? "turnout.invalid"}`;
}

function onlineIn(event: EventDefinition, language: Language | undefined): string {
  return languageTraits[language ?? languageOf(event.language)].online;
}

/**
 * Times are those of the event's zone, with its rules, so that the event stays at its hour when a calendar learns of new
 * ones. In UTC where `calendarZone` has none.
 * @param publicUrl the site's origin; undefined when unknown
 * @param language of its texts. Default: the event's own. The event is the same one in all of them.
 * @returns the file's text; undefined when it is not known when the event starts
 */
export function calendarFile(event: EventDefinition, publicUrl?: string, language?: Language): string | undefined {
  const { name, description, venue } = language === undefined ? event : eventIn(event, language);
  if (event.startsAt === undefined) return undefined;
  const [start, end] = [event.startsAt, event.endsAt].map((given) => given && Date.parse(given)) as [number, number?];
  const zone = calendarZone(event.timeZone, end === undefined ? [start] : [start, end]);
  // Of a plain date, the library would take the time of the process's own zone.
  const moment = (instant: number) => (zone ? new TZDate(instant, zone.name) : new Date(instant));
  const place = event.online ? (event.venueUrl ?? onlineIn(event, language)) : venue;
  const site = publicUrl === undefined ? undefined : new URL("/", publicUrl);
  const calendar = new ICalCalendar({
    prodId: { company: "Turnout", product: "Turnout", language: "EN" },
    method: ICalCalendarMethod.PUBLISH,
    // Without a name: the calendar's own zone would be that of DTSTAMP too, which has to be in UTC.
    timezone: { name: null, generator: () => zone?.rules ?? null },
  });
  calendar.createEvent({
    id: uidOf(event, new Date(start), site?.host),
    // When this was last said, which no clock may decide: the file would differ at each start.
    stamp: new Date(event.opensAt),
    start: moment(start),
    ...(end !== undefined && { end: moment(end) }),
    ...(zone && { timezone: zone.name }),
    summary: name,
    ...(description && { description: description.replace(lineEnd, "\n") }),
    ...(place !== undefined && { location: { title: place } }),
    ...(site && { url: site.href }),
  });
  // The library leaves the last line without the end that the standard demands.
  return `${calendar.toString()}\r\n`;
}

/** @returns the file in each of the event's languages; empty when it is not known when the event starts */
export function calendarFiles(event: EventDefinition, publicUrl?: string): ReadonlyMap<Language, string> {
  const files = languagesOf(event).flatMap((language) => {
    const file = calendarFile(event, publicUrl, language);
    return file === undefined ? [] : [[language, file] as const];
  });
  return new Map(files);
}
