import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { instanceRates } from "../../../load/plan/instance-rates.ts";
import { instanceTypes, prices, relativeSpeed } from "../../../load/plan/prices.ts";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { costOf, dailyDollars } from "../../../load/plan/cost.ts";
import { makePlan } from "../../../load/plan/planner.ts";
import { createTableThroughput, newTableWritesPerSecond } from "../../../load/plan/table-throughput.ts";

t.test("rates follow from the benchmark's CPU for each registration and the type's speed", async (t) => {
  const file = join(t.testdir(), "results.json");
  writeFileSync(file, JSON.stringify({ at: "2026-01-01", cpuMicrosPerRegistration: { web: 100, worker: 400 } }));
  const { webPerSecond, workerPerSecond, source } = instanceRates(file, "c7g.large", "c7g.large");
  t.equal(webPerSecond, 6_000, "a second of CPU, less what nginx and the system take, at 100 µs each");
  t.equal(workerPerSecond, 1_500);
  t.match(source, "2026-01-01");
  t.ok(instanceRates(file, "t4g.small", "c7g.large").webPerSecond < webPerSecond, "a slower type does less");
});

t.test("a worker is never reckoned faster than the scaling policy reckons, since it waits for the table", async (t) => {
  const file = join(t.testdir(), "results.json");
  writeFileSync(file, JSON.stringify({ cpuMicrosPerRegistration: { web: 100, worker: 1 } }));
  t.equal(instanceRates(file, "c7g.large", "c7g.large").workerPerSecond, 2_500);
});

t.test("without a benchmark the rates are assumed, and say so", async (t) => {
  const file = join(t.testdir(), "results.json");
  t.match(instanceRates(file, "c7g.large", "c7g.large").source, "assumed");
  writeFileSync(file, "{}");
  t.match(instanceRates(file, "c7g.large", "c7g.large").source, "assumed");
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

const { settings, planned: outcome } = makePlan({
  arrivals: shapeArrivals(1_000_000, 300, "burst"),
  rates: { webPerSecond: 4_000, workerPerSecond: 2_500, source: "as given" },
  confirmWithinSeconds: 60,
  instanceReadySeconds: 300,
});

t.test("a million people are a million write units, whatever else they cost", async (t) => {
  const lines = costOf({ settings, outcome, webType: "c7g.medium", workerType: "c7g.medium", raisedSeconds: 3_600 });
  const writes = lines.find(({ what }) => what.startsWith("one write"))!;
  t.ok(writes.dollars >= prices.dynamoDbMillionWrites);
  t.ok(lines.every(({ dollars }) => Number.isFinite(dollars) && dollars >= 0));
});

t.test("an hour of instances is what the price list says", async (t) => {
  const [ec2] = costOf({ settings, outcome, webType: "c7g.large", workerType: "c7g.medium", raisedSeconds: 3_600 });
  const { "c7g.large": web, "c7g.medium": worker } = prices.instanceHour;
  t.equal(ec2?.dollars, settings.webInstances * web + settings.workerInstances * worker);
});

t.test("a day of standing around costs the instances, the balancer and the gateway", async (t) => {
  const instances = 2 * prices.instanceHour["c7g.medium"] + prices.instanceHour["t4g.small"];
  const hourly = instances + prices.loadBalancerHour + prices.natGatewayHour;
  t.equal(dailyDollars(2, 1, "c7g.medium", "t4g.small"), 24 * hourly);
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
