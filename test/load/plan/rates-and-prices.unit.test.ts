import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { instanceRates } from "../../../load/plan/instance-rates.ts";
import { instanceTypes, prices, relativeSpeed } from "../../../load/plan/prices.ts";
import { createTableThroughput, newTableWritesPerSecond } from "../../../load/plan/table-throughput.ts";

t.test("rates follow from the benchmark's CPU for each registration and the type's speed", async (t) => {
  const file = join(t.testdir(), "results.json");
  writeFileSync(file, JSON.stringify({ at: "2026-01-01", cpuMicrosPerRegistration: { web: 100, worker: 400 } }));
  const { webPerSecond, workerPerSecond, webSource } = instanceRates(file, "c7g.large", "c7g.large");
  t.equal(webPerSecond, 7_500, "a second of CPU, less what the system takes, at 100 µs each");
  t.equal(workerPerSecond, 1_875);
  t.match(webSource, "2026-01-01");
  t.ok(instanceRates(file, "t4g.small", "c7g.large").webPerSecond < webPerSecond, "a slower type does less");
});

t.test("a worker is never reckoned faster than the scaling policy reckons, since it waits for the table", async (t) => {
  const file = join(t.testdir(), "results.json");
  writeFileSync(file, JSON.stringify({ cpuMicrosPerRegistration: { web: 100, worker: 1 } }));
  t.match(instanceRates(file, "c7g.large", "c7g.large"), { workerPerSecond: 2_500, workerSource: /scaling policy/ });
});

t.test("without a benchmark the rates are assumed, and say so", async (t) => {
  const file = join(t.testdir(), "results.json");
  t.match(instanceRates(file, "c7g.large", "c7g.large").webSource, "assumed");
  writeFileSync(file, "{}");
  t.match(instanceRates(file, "c7g.large", "c7g.large").webSource, "assumed");
});

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

t.test("a table takes its warm throughput at once, and never less than a new table", async (t) => {
  t.equal(createTableThroughput(10_000).available(0), 10_000);
  t.equal(createTableThroughput(1).available(0), newTableWritesPerSecond);
});

t.test("twice its earlier peak counts half an hour later, not before", async (t) => {
  const table = createTableThroughput(newTableWritesPerSecond);
  table.write(0, 4_000);
  t.equal(table.available(1_799), 4_000);
  t.equal(table.available(1_800), 8_000);
  t.equal(table.available(9_000), 8_000, "and is kept");
});
