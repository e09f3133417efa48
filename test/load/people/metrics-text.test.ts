import t from "tap";
import { readMetricsText } from "../../../load/people/metrics-text.ts";
import { Counter, createRegistry, Histogram } from "../../../shared/process/metrics.ts";

t.test("what prom-client writes is read, summed over labels, without buckets", async (t) => {
  const registry = createRegistry("worker");
  const registers = [registry];
  new Counter({ name: "turnout_dead_letters_total", help: "x", labelNames: ["reason"], registers }).inc(
    { reason: "malformed" },
    2,
  );
  const counter = registry.getSingleMetric("turnout_dead_letters_total") as Counter<"reason">;
  counter.inc({ reason: "crash-loop" }, 3);
  new Histogram({ name: "turnout_stored_delay_seconds", help: "x", buckets: [1], registers }).observe(0.5);
  const values = readMetricsText(await registry.metrics());
  t.equal(values.get("turnout_dead_letters_total"), 5);
  t.equal(values.get("turnout_stored_delay_seconds_sum"), 0.5);
  t.equal(values.get("turnout_stored_delay_seconds_count"), 1);
  t.notOk(values.has("turnout_stored_delay_seconds_bucket"));
});

t.test("what is no metric is passed over", async (t) => {
  t.equal(readMetricsText("# HELP x y\n\nnot a line\nx 1e3\n").get("x"), 1_000);
});
