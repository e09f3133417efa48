import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { dayPattern, fromDayPattern, isDay, untilDayPattern } from "../../../shared/registration/day-range.ts";

const anyDay = fc
  .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

t.test("a range of days as patterns holds exactly the days that a comparison finds in it", async () => {
  fc.assert(
    fc.property(anyDay, anyDay, (bound, day) => {
      if (new RegExp(fromDayPattern(bound), "u").test(day) !== day >= bound) throw new Error("from");
      if (new RegExp(untilDayPattern(bound), "u").test(day) !== day <= bound) throw new Error("until");
    }),
    { numRuns: 2_000 },
  );
});

t.test("the neighbours of a bound are told apart", async (t) => {
  const from = new RegExp(fromDayPattern("2026-05-08"), "u");
  const until = new RegExp(untilDayPattern("2026-05-10"), "u");
  t.same(
    ["2026-05-07", "2026-05-08", "2026-04-30", "2027-01-01", "2026-05-08 "].map((day) => from.test(day)),
    [false, true, false, true, false],
  );
  t.same(
    ["2026-05-11", "2026-05-10", "2026-06-01", "2025-12-31"].map((day) => until.test(day)),
    [false, true, false, true],
  );
});

t.test("only days of the calendar exist", async (t) => {
  for (const day of ["2028-02-29", "2026-12-31", "0001-01-01"]) t.ok(isDay(day), day);
  for (const day of ["2026-02-29", "2026-13-01", "2026-04-31", "2026-00-10", "soon"]) t.notOk(isDay(day), day);
  t.match("2026-05-01", new RegExp(dayPattern, "u"));
});
