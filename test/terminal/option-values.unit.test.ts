import { InvalidArgumentError } from "commander";
import { t } from "../equipment/file-test.ts";
import { gather, httpUrl, pointInTime, timeAhead, wholeNumber } from "../../terminal/option-values.ts";

t.test("a whole number is taken inside its bounds and nowhere else", async (t) => {
  const read = wholeNumber(1, 10);
  t.equal(read("1"), 1);
  t.equal(read("10"), 10);
  for (const text of ["0", "11", "-1", "1.5", "1e1", "", " 1", "ten"]) t.throws(() => read(text), InvalidArgumentError);
});

t.test("a point in time is so long ago, or a date", async (t) => {
  const minute = Date.parse(pointInTime("30min"));
  t.ok(Math.abs(Date.now() - 30 * 60_000 - minute) < 5_000);
  t.ok(pointInTime("7d") < pointInTime("2h"));
  t.equal(pointInTime("2026-01-31"), "2026-01-31T00:00:00.000Z");
  t.equal(pointInTime("2026-01-31T10:00+01:00"), "2026-01-31T09:00:00.000Z");
  for (const text of ["", "soon", "2026-13-01", "1y", "31.1.2026", "2026", "2026-01-31T10:00"]) {
    t.throws(() => pointInTime(text), InvalidArgumentError, text);
  }
});

t.test("a time to come is so long ahead, or a date that is not over", async (t) => {
  const half = Date.parse(timeAhead("30min"));
  t.ok(Math.abs(half - Date.now() - 30 * 60_000) < 5_000);
  t.equal(timeAhead("2999-01-31T10:00+01:00"), "2999-01-31T09:00:00.000Z");
  for (const text of ["", "0s", "soon", "2026-01-31", "2999-13-01"]) {
    t.throws(() => timeAhead(text), InvalidArgumentError, text);
  }
});

t.test("an option that is given again is gathered", async (t) => {
  const read = gather(Number);
  t.same(read("2", read("1")), [1, 2]);
});

t.test("the URL of a site is http or https", async (t) => {
  for (const text of ["http://127.0.0.1:3000", "https://register.example.org/"]) t.equal(httpUrl(text), text);
  for (const text of ["", "register.example.org", "ftp://example.org", "javascript:alert(1)"]) {
    t.throws(() => httpUrl(text), InvalidArgumentError, text);
  }
});
