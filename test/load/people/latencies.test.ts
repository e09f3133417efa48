import t from "tap";
import { createLatencies } from "../../../load/people/latencies.ts";

t.test("quantiles are exact, whatever the order and however many", async (t) => {
  const latencies = createLatencies();
  t.equal(latencies.quantile(0.5), undefined);
  for (let value = 10_000; value >= 1; value -= 1) latencies.add(value);
  t.equal(latencies.count, 10_000);
  t.equal(latencies.quantile(0.5), 5_000);
  t.equal(latencies.quantile(0.99), 9_900);
  t.equal(latencies.quantile(1), 10_000);
  t.equal(latencies.quantile(0), 1);
});

t.test("it may go on after it was asked", async (t) => {
  const latencies = createLatencies();
  latencies.add(5);
  t.equal(latencies.quantile(0.99), 5);
  latencies.add(1);
  t.equal(latencies.quantile(0), 1);
  t.equal(latencies.quantile(0.99), 5);
});
