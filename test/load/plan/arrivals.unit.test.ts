import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { arrivalShapes, readArrivals, shapeArrivals } from "../../../load/plan/arrivals.ts";

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

for (const shape of arrivalShapes) {
  t.test(`${shape}: all people come within the time, whatever its length`, async (t) => {
    for (const seconds of [1, 7, 300]) {
      const arrivals = shapeArrivals(100_000, seconds, shape);
      t.equal(arrivals.length, seconds);
      t.ok(Math.abs(sum(arrivals) - 100_000) < 1e-6);
      t.ok(arrivals.every((count) => count >= 0));
    }
  });
}

t.test("a burst begins with its peak, a ramp has it in the middle, even has none", async (t) => {
  const peakAt = (values: Float64Array) => values.indexOf(Math.max(...values));
  t.equal(peakAt(shapeArrivals(1_000, 100, "burst")), 0);
  t.ok(Math.abs(peakAt(shapeArrivals(1_000, 100, "ramp")) - 50) <= 1);
  t.equal(new Set(shapeArrivals(1_000, 100, "even")).size, 1);
});

t.test("a measured rush is read with its head, its gaps and its seconds in any order", async (t) => {
  const file = join(t.testdir(), "rush.csv");
  writeFileSync(file, "second,arrivals\r\n2,5\n0,10\n\n2,1\n");
  t.same([...readArrivals(file)], [10, 0, 6]);
});

t.test("a rush that cannot be read names the file and the line", async (t) => {
  const file = join(t.testdir(), "rush.csv");
  for (const [text, where] of [
    ["0,1\nx,2\n", /line 2/],
    ["0,-1\n", /line 1/],
    ["99999999,1\n", /line 1/],
    ["second,arrivals\n", /no arrivals/],
  ] as const) {
    writeFileSync(file, text);
    t.throws(() => readArrivals(file), { code: "TURNOUT_USAGE_INVALID", message: where });
  }
  t.throws(() => readArrivals(join(t.testdir(), "none.csv")), { code: "TURNOUT_USAGE_INVALID" });
});
