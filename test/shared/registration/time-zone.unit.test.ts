import { t } from "../../equipment/file-test.ts";
import { isTimeZone, zoneOffset } from "../../../shared/registration/time-zone.ts";

t.test("a zone is known by its IANA name", async (t) => {
  for (const name of ["Europe/Berlin", "UTC", "America/St_Johns", "Asia/Kathmandu"]) t.ok(isTimeZone(name), name);
  for (const name of ["", "Mars/Olympus", "Berlin", "Europe/Berlin "]) t.notOk(isTimeZone(name), name);
});

t.test("the offset is that of the instant, in summer as in winter", async (t) => {
  for (const [zone, instant, offset] of [
    ["Europe/Berlin", "2027-07-01T09:00:00Z", "+02:00"],
    ["Europe/Berlin", "2027-01-01T09:00:00Z", "+01:00"],
    ["America/St_Johns", "2027-01-01T09:00:00Z", "-03:30"],
    ["Asia/Kathmandu", "2027-01-01T09:00:00Z", "+05:45"],
    ["UTC", "2027-01-01T09:00:00Z", "+00:00"],
    ["Europe/London", "2027-01-01T09:00:00Z", "+00:00"],
  ] as const) {
    t.equal(zoneOffset(zone, Date.parse(instant)), offset, `${zone} ${instant}`);
  }
});
