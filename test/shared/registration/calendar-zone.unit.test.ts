import ICAL from "ical.js";
import { t } from "../../equipment/file-test.ts";
import { calendarFile } from "../../../shared/registration/calendar-file.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { readCalendar } from "../calendar-reader.ts";

const hourMs = 3_600_000;

/** @param startsAt and endsAt as ISO 8601 in UTC */
function fileOf(timeZone: string, startsAt: string, endsAt: string): string {
  const event = parseEvent({
    name: "Summit",
    description: "Come!",
    opensAt: "2001-01-01T09:00:00Z",
    closesAt: "2001-02-01T09:00:00Z",
    startsAt,
    endsAt,
    timeZone,
    fields: [],
  });
  return calendarFile(event) ?? "";
}

/** Another library, which knows no zones but those of the file. */
function read(text: string) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(text));
  const component = calendar.getFirstSubcomponent("vevent");
  if (!component) throw new Error("there is no event");
  const { startDate, endDate } = new ICAL.Event(component);
  const instant = (time: ICAL.Time) => time.toJSDate().toISOString();
  return { startsAt: instant(startDate), endsAt: instant(endDate), zone: startDate.zone?.tzid ?? "" };
}

const iso = (instant: number) => new Date(instant).toISOString();

t.test("a reader has the event at its instants, also when clocks change in between", async (t) => {
  for (const [zone, startsAt, endsAt, wall] of [
    [
      "Europe/Berlin",
      "2027-03-27T08:00:00.000Z",
      "2027-03-28T15:00:00.000Z",
      "DTEND;TZID=Europe/Berlin:20270328T170000",
    ],
    [
      "Europe/Berlin",
      "2027-10-30T07:00:00.000Z",
      "2027-10-31T16:00:00.000Z",
      "DTEND;TZID=Europe/Berlin:20271031T170000",
    ],
    [
      "Europe/Berlin",
      "2036-05-09T07:00:00.000Z",
      "2036-05-10T15:00:00.000Z",
      "DTSTART;TZID=Europe/Berlin:20360509T090000",
    ],
    [
      "America/New_York",
      "2027-03-13T14:00:00.000Z",
      "2027-03-14T21:00:00.000Z",
      "TZID=America/New_York:20270314T170000",
    ],
    [
      "Australia/Sydney",
      "2027-04-02T23:00:00.000Z",
      "2027-04-04T07:00:00.000Z",
      "TZID=Australia/Sydney:20270404T170000",
    ],
    [
      "America/Sao_Paulo",
      "2027-11-05T12:00:00.000Z",
      "2027-11-06T20:00:00.000Z",
      "TZID=America/Sao_Paulo:20271105T090000",
    ],
    ["Asia/Kolkata", "2027-05-07T03:30:00.000Z", "2027-05-08T11:30:00.000Z", "TZID=Asia/Kolkata:20270507T090000"],
  ] as const) {
    const text = fileOf(zone, startsAt, endsAt);
    t.same(read(text), { startsAt, endsAt, zone }, `${zone} ${startsAt}`);
    t.match(text, wall);
  }
  // Its rules follow the moon or not, by the version of the rules: in the zone or in UTC, but never at another instant.
  for (const day of ["2027-02-01", "2027-02-20", "2027-06-01"]) {
    const [startsAt, endsAt] = [`${day}T09:00:00.000Z`, `${day}T18:00:00.000Z`];
    t.match(read(fileOf("Africa/Casablanca", startsAt, endsAt)), { startsAt, endsAt }, day);
  }
});

t.test("control: with the rules of another zone, the reader is at the wrong hour", async (t) => {
  const [startsAt, endsAt] = ["2027-03-27T08:00:00.000Z", "2027-03-28T15:00:00.000Z"];
  const wrong = fileOf("Europe/Berlin", startsAt, endsAt).replaceAll("TZOFFSETTO:+0200", "TZOFFSETTO:+0300");
  t.match(read(wrong), { startsAt, endsAt: "2027-03-28T14:00:00.000Z" });
});

t.test("an alias has the rules of the zone that it stands for, and case does not matter", async (t) => {
  const [startsAt, endsAt] = ["2027-07-01T09:00:00.000Z", "2027-07-02T09:00:00.000Z"];
  for (const [alias, zone] of [
    ["Asia/Calcutta", "Asia/Kolkata"],
    ["US/Eastern", "America/New_York"],
    ["europe/berlin", "Europe/Berlin"],
    ["Etc/GMT+2", "Etc/GMT+2"],
  ]) {
    t.same(read(fileOf(alias ?? "", startsAt, endsAt)), { startsAt, endsAt, zone }, `${alias}`);
  }
});

t.test("times are in UTC where the zone has no rules to give, or others at that time", async (t) => {
  const cases = [
    ["UTC", "2027-07-01T09:00:00.000Z"],
    ["Etc/UTC", "2027-07-01T09:00:00.000Z"],
    ["GMT", "2027-07-01T09:00:00.000Z"],
    // A zone for Node, but no IANA name.
    ["+02:00", "2027-07-01T09:00:00.000Z"],
    // It had another offset then.
    ["America/Sao_Paulo", "2018-01-10T12:00:00.000Z"],
    // 02:30, the first and the second time.
    ["Europe/Berlin", "2027-10-31T00:30:00.000Z"],
    ["Europe/Berlin", "2027-10-31T01:30:00.000Z"],
  ] as const;
  for (const [zone, startsAt] of cases) {
    const endsAt = iso(Date.parse(startsAt) + 5 * hourMs);
    const text = fileOf(zone, startsAt, endsAt);
    t.match(read(text), { startsAt, endsAt }, zone);
    t.match(text, /^DTSTART:\d+T\d+Z\r$/m, `${zone} ${startsAt}`);
    t.notMatch(text, "VTIMEZONE");
  }
});

t.test("every zone that Node knows is right in both halves of a year, in few bytes", async (t) => {
  const [startsAt, endsAt] = ["2027-01-11T11:00:00.000Z", "2027-07-12T11:00:00.000Z"];
  const zones = Intl.supportedValuesOf("timeZone");
  const inUtc = zones.filter((zone) => {
    const text = fileOf(zone, startsAt, endsAt);
    if (Buffer.byteLength(text) > 2_048) t.fail(`${zone} takes ${text.length} characters`);
    readCalendar(text);
    const found = read(text);
    if (found.startsAt !== startsAt || found.endsAt !== endsAt) t.fail(zone, { found });
    return !text.includes("VTIMEZONE");
  });
  t.ok(inUtc.length < zones.length / 20, "nearly all have rules", { inUtc });
});
