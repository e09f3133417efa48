import { t } from "../../equipment/file-test.ts";
import { isoTime } from "../../../shared/process/iso-time.ts";

t.test("a time is written as a Date writes it, whatever was written before", async (t) => {
  const times = [1_764_540_000_000, 1_764_540_000_000, 1_764_540_000_001, 0, -1, 1_764_540_000_000];
  t.strictSame(
    times.map(isoTime),
    times.map((at) => new Date(at).toISOString()),
  );
});

t.test("what is no time is none after another one either", async (t) => {
  t.equal(isoTime(1_000), "1970-01-01T00:00:01.000Z");
  t.throws(() => isoTime(Number.NaN), RangeError);
  t.throws(() => isoTime(Number.NaN), RangeError);
  t.equal(isoTime(1_000), "1970-01-01T00:00:01.000Z");
});
