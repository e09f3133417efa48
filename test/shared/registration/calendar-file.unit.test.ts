import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { calendarFile, calendarFiles } from "../../../shared/registration/calendar-file.ts";
import { parseEvent, type EventDefinition } from "../../../shared/registration/event-definition.ts";
import { calendarValue, readCalendar, type CalendarProperty } from "../calendar-reader.ts";
import { legalCharacter } from "../legal-text.ts";

const event: EventDefinition = parseEvent({
  name: "Summit, of the North; and South",
  description: "Two days.\nCome!",
  opensAt: "2026-03-01T09:00:00+01:00",
  closesAt: "2026-04-01T18:00:00+02:00",
  startsAt: "2026-06-05T09:00:00+02:00",
  endsAt: "2026-06-06T17:00:00+02:00",
  venue: "Harbour Hall, Kaistraße 1; Kiel",
  timeZone: "Europe/Berlin",
  fields: [],
});
const site = "https://summit.example.org";

function fileOf(changed: Partial<EventDefinition> = {}, publicUrl: string | undefined = site): string {
  return calendarFile({ ...event, ...changed }, publicUrl) ?? "";
}

/** @returns the properties of the event alone, without the rules of its zone */
function readEvent(text: string): CalendarProperty[] {
  const properties = readCalendar(text);
  return properties.slice(properties.findIndex(({ value }) => value === "VEVENT"));
}

t.test("holds what the event file says, at the right instants, and nothing to reply to", async (t) => {
  const properties = readCalendar(fileOf());
  const eventAt = properties.findIndex(({ value }) => value === "VEVENT");
  t.same(
    // The rules themselves are read in the test of the zone.
    properties.filter((_, index) => index < 7 || index >= eventAt).map(({ name, value }) => [name, value]),
    [
      ["BEGIN", "VCALENDAR"],
      ["VERSION", "2.0"],
      ["PRODID", "-//Turnout//Turnout//EN"],
      ["METHOD", "PUBLISH"],
      ["BEGIN", "VTIMEZONE"],
      ["TZID", "Europe/Berlin"],
      ["X-LIC-LOCATION", "Europe/Berlin"],
      ["BEGIN", "VEVENT"],
      ["UID", calendarValue(properties, "UID")],
      ["SEQUENCE", "0"],
      ["DTSTAMP", "20260301T080000Z"],
      ["DTSTART;TZID=Europe/Berlin", "20260605T090000"],
      ["DTEND;TZID=Europe/Berlin", "20260606T170000"],
      ["SUMMARY", event.name],
      ["LOCATION", event.venue],
      ["DESCRIPTION", event.description],
      ["URL;VALUE=URI", `${site}/`],
      ["END", "VEVENT"],
      ["END", "VCALENDAR"],
    ],
  );
});

t.test("there is none for an event of which nobody knows when it starts", async (t) => {
  const { startsAt: _startsAt, endsAt: _endsAt, ...undated } = event;
  t.equal(calendarFile(undated, site), undefined);
});

t.test("an online event is where its address is, or just online", async (t) => {
  const { venue: _venue, ...nowhere } = event;
  const placeOf = (told: EventDefinition) => calendarValue(readCalendar(calendarFile(told, site) ?? ""), "LOCATION");
  t.equal(
    placeOf({ ...nowhere, online: true, venueUrl: "https://example.org/room?a=1" }),
    "https://example.org/room?a=1",
  );
  t.equal(placeOf({ ...nowhere, online: true }), "Online");
  const german: EventDefinition = { ...nowhere, online: true, language: "de" };
  t.equal(placeOf(german), "Online-Veranstaltung", "in the language of the event");
  const files = calendarFiles({ ...nowhere, online: true }, site);
  t.match(files.get("ar"), "LOCATION:عبر الإنترنت", "and in each language");
  t.equal(
    placeOf({ ...event, venueUrl: "https://example.org/hall" }),
    event.venue,
    "control: who travels needs the place",
  );
});

t.test("what the event does not have is not in the file", async (t) => {
  const { endsAt: _endsAt, venue: _venue, ...open } = event;
  const properties = readEvent(calendarFile({ ...open, description: "" }) ?? "");
  for (const name of ["DTEND;TZID=Europe/Berlin", "LOCATION", "DESCRIPTION", "URL;VALUE=URI"]) {
    t.equal(calendarValue(properties, name), undefined, name);
  }
  t.equal(calendarValue(properties, "DTSTART;TZID=Europe/Berlin"), "20260605T090000");
});

t.test("is the same at any time, and of the same event in any spelling of its start", async (t) => {
  t.equal(fileOf(), fileOf());
  t.equal(fileOf({ startsAt: "2026-06-05T07:00:00Z" }), fileOf());
  t.equal(fileOf({}, `${site}/`), fileOf());
});

t.test("keeps its identity when the place changes, and has another one for another event or site", async (t) => {
  const uidOf = (text: string) => calendarValue(readCalendar(text), "UID");
  const uid = uidOf(fileOf());
  t.match(uid, /^[0-9a-f]{32}@summit\.example\.org$/);
  t.equal(uidOf(fileOf({ venue: "Elsewhere", endsAt: "2026-06-07T17:00:00+02:00" })), uid);
  const others = [fileOf({ name: "Other" }), fileOf({ startsAt: "2026-06-05T10:00:00+02:00" })];
  for (const other of [...others, fileOf({}, "https://other.example.org"), calendarFile(event) ?? ""]) {
    t.not(uidOf(other), uid);
  }
});

t.test("gives every text back as it was, whatever its characters and however long it is", async () => {
  const text = (maxLength: number) => fc.string({ unit: legalCharacter, maxLength });
  const asLine = (value: string) => `A${value.replace(/[\t\n\r\u2028\u2029]/g, "")}`;
  fc.assert(
    fc.property(text(150), text(150), text(400), (name, venue, description) => {
      const changed = { name: asLine(name), venue: asLine(venue), description };
      const properties = readEvent(fileOf(changed));
      const read = (property: string) => calendarValue(properties, property);
      const lines = description.replace(/\r\n|[\r\u2028\u2029]/g, "\n");
      return (
        read("SUMMARY") === changed.name &&
        read("LOCATION") === changed.venue &&
        (read("DESCRIPTION") ?? "") === lines &&
        properties.length === (description ? 12 : 11)
      );
    }),
    {
      examples: [
        ["", "", "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n"],
        ["\\n,;", "\\\\,", "👩‍🚀".repeat(100)],
      ],
    },
  );
});

t.test("control: the reader refuses a file that is not folded, not escaped or not ended", async (t) => {
  for (const broken of [
    `SUMMARY:${"x".repeat(80)}\r\n`,
    "SUMMARY:a, b\r\n",
    "SUMMARY:a\nb\r\n",
    "SUMMARY:a\\x\r\n",
    "no property\r\n",
    "END:VCALENDAR",
  ]) {
    t.throws(() => readCalendar(broken), broken);
  }
});
