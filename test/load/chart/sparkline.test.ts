import t from "tap";
import { sparkline } from "../../../load/chart/sparkline.ts";

t.test("the largest value stands tallest, nothing is a blank, something is never one", async (t) => {
  t.equal(sparkline([0, 1, 50, 100], 4), " ▁▄█");
  t.equal(sparkline([0, 0], 2), "  ");
  t.equal(sparkline([], 10), "");
});

t.test("a peak of one moment is not lost in a narrow chart", async (t) => {
  const values = Array.from({ length: 1_000 }, (_, index) => (index === 503 ? 100 : 1));
  t.equal(sparkline(values, 10), "▁▁▁▁▁█▁▁▁▁");
});
