import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { instanceRates } from "../../../load/plan/instance-rates.ts";

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
