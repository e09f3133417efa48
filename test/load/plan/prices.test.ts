import t from "tap";
import { instanceTypes, prices, relativeSpeed } from "../../../load/plan/prices.ts";

t.test("each instance type that can be planned with has a price and a speed", async (t) => {
  t.ok(instanceTypes.length > 0);
  for (const type of instanceTypes) {
    t.ok(prices.instanceHour[type] > 0, type);
    t.ok(relativeSpeed[type] > 0 && relativeSpeed[type] <= 1, type);
  }
});

t.test("the day on which the prices were noted is a day, and has been", async (t) => {
  t.ok(Date.parse(prices.asOf) <= Date.now());
});
