import { t } from "../equipment/file-test.ts";
import { formatAge, formatSeconds } from "../../terminal/duration.ts";

t.test("a duration reads as its two largest units", async (t) => {
  t.equal(formatSeconds(0), "0 s");
  t.equal(formatSeconds(0.4), "0 s");
  t.equal(formatSeconds(59.6), "1 min");
  t.equal(formatSeconds(61), "1 min 1 s");
  t.equal(formatSeconds(3_600), "1 h");
  t.equal(formatSeconds(3_605), "1 h", "and leaves out what stands after a gap");
  t.equal(formatSeconds(90_061), "1 d 1 h");
});

t.test("an age is told from now, and never lies in the future", async (t) => {
  const now = Date.parse("2026-01-01T09:00:00.000Z");
  t.equal(formatAge("2026-01-01T08:57:00.000Z", now), "3 min ago");
  t.equal(formatAge("2026-01-01T09:00:05.000Z", now), "0 s ago");
  t.equal(formatAge("", now), "-");
});
