import { t } from "../../equipment/file-test.ts";
import { zonedInstant } from "../../../admin/event/local-time.ts";

t.test("a time as people write it becomes an instant with its zone's offset", async (t) => {
  t.equal(zonedInstant("2027-03-01 09:00", "Europe/Berlin"), "2027-03-01T09:00:00+01:00");
  t.equal(zonedInstant(" 2027-05-01T09:00 ", "Europe/Berlin"), "2027-05-01T09:00:00+02:00");
  t.equal(zonedInstant("2027-05-01 09:00", "America/New_York"), "2027-05-01T09:00:00-04:00");
  t.equal(zonedInstant("2027-05-01 09:00", "Asia/Kathmandu"), "2027-05-01T09:00:00+05:45");
  t.equal(zonedInstant("2027-05-01 09:00", "UTC"), "2027-05-01T09:00:00+00:00");
});

t.test("an hour that the zone leaves out is none, and of one that comes twice it is the first", async (t) => {
  t.equal(zonedInstant("2027-03-28 02:30", "Europe/Berlin"), undefined);
  t.equal(zonedInstant("2027-03-28 03:00", "Europe/Berlin"), "2027-03-28T03:00:00+02:00");
  t.equal(zonedInstant("2027-03-28 01:59", "Europe/Berlin"), "2027-03-28T01:59:00+01:00");
  t.equal(zonedInstant("2027-10-31 02:30", "Europe/Berlin"), "2027-10-31T02:30:00+02:00");
  t.equal(zonedInstant("2027-10-31 03:00", "Europe/Berlin"), "2027-10-31T03:00:00+01:00");
});

t.test("another form, and a day that does not exist, are none", async (t) => {
  for (const text of [
    "",
    "tomorrow",
    "2027-02-30 09:00",
    "2027-13-01 09:00",
    "2027-05-01",
    "2027-05-01 24:30",
    "1.5.2027 9:00",
  ])
    t.equal(zonedInstant(text, "Europe/Berlin"), undefined, text);
});
