import { t } from "../../equipment/file-test.ts";
import { Counter, createRegistry, delayBuckets } from "../../../shared/process/metrics.ts";

t.test("a registry has the process's own figures and names the tier on every one", async (t) => {
  const registry = createRegistry("web");
  const counter = new Counter({ name: "turnout_test_total", help: "A test.", registers: [registry] });
  counter.inc(3);
  const text = await registry.metrics();
  t.match(text, /^turnout_test_total\{tier="web"\} 3$/m);
  t.match(text, /^process_cpu_seconds_total\{tier="web"\} /m);
  t.match(text, /^nodejs_eventloop_lag_p99_seconds\{tier="web"\} /m);
  registry.clear();
});

t.test("two registries do not see each other's figures", async (t) => {
  const [web, worker] = [createRegistry("web"), createRegistry("worker")];
  for (const registry of [web, worker])
    new Counter({ name: "turnout_same_total", help: "A test.", registers: [registry] });
  t.match(await worker.metrics(), /turnout_same_total\{tier="worker"\} 0/);
  t.notMatch(await worker.metrics(), /tier="web"/);
  web.clear();
  worker.clear();
});

t.test("delay buckets rise from milliseconds to half an hour", async (t) => {
  t.same(
    delayBuckets,
    delayBuckets.toSorted((a, b) => a - b),
  );
  t.equal(delayBuckets.at(0), 0.005);
  t.equal(delayBuckets.at(-1), 1_800);
});

t.test("the machine's memory is told by each tier under a name of its own, in percent", async (t) => {
  for (const tier of ["web", "worker"] as const) {
    const registry = createRegistry(tier);
    const text = await registry.metrics();
    const [, value = ""] =
      new RegExp(`^turnout_${tier}_memory_used_percent\\{tier="${tier}"\\} (\\S+)$`, "m").exec(text) ?? [];
    t.ok(Number(value) > 0 && Number(value) < 100, value);
    t.notMatch(text, `turnout_${tier === "web" ? "worker" : "web"}_memory`);
    registry.clear();
  }
});
