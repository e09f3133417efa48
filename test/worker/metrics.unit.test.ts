import { Registry } from "prom-client";
import { t } from "../equipment/file-test.ts";
import { createWorkerMetrics, exposeWriter } from "../../worker/metrics.ts";
import type { WriterFigures } from "../../worker/batch-writer.ts";

const idle: WriterFigures = { waiting: 0, callsInFlight: 0, limit: 8 };

t.test("every metric has a help text and a name with its unit or its kind", async (t) => {
  const registry = new Registry();
  createWorkerMetrics(registry);
  exposeWriter(registry, () => ({ registrations: idle, outcomes: idle }));
  const metrics = await registry.getMetricsAsJSON();
  t.ok(metrics.length > 10);
  for (const { name, help, type } of metrics) {
    t.ok(help.length > 5, name);
    t.match(name, /^turnout_[a-z_]+$/);
    if (String(type) === "counter") t.match(name, /_total$/);
    if (String(type) === "histogram") t.match(name, /_seconds$/);
  }
});

t.test("what counts one thing counts only that", async (t) => {
  const registry = new Registry();
  const metrics = createWorkerMetrics(registry);
  metrics.stored.inc(3);
  metrics.gone.labels("erased").inc();
  metrics.deadLettered.labels("malformed").inc();
  metrics.breakerOpen.labels("table").set(1);
  metrics.storedDelay.observe(0.02);
  const text = await registry.metrics();
  t.match(text, /^turnout_registrations_stored_total 3$/m);
  t.match(text, /^turnout_registrations_received_total 0$/m);
  t.match(text, /^turnout_registrations_duplicate_total 0$/m);
  t.match(text, /^turnout_registrations_gone_total\{outcome="erased"\} 1$/m);
  t.match(text, /^turnout_dead_letters_total\{reason="malformed"\} 1$/m);
  t.match(text, /^turnout_breaker_open\{dependency="table"\} 1$/m);
  t.match(text, /^turnout_stored_delay_seconds_bucket\{le="0\.025"\} 1$/m);
  t.match(text, /^turnout_stored_delay_seconds_bucket\{le="0\.01"\} 0$/m);
});

t.test("how the writer stands is read at the moment of the scrape", async (t) => {
  const registry = new Registry();
  let figures = { registrations: { waiting: 12, callsInFlight: 3, limit: 2.5 }, outcomes: { ...idle, waiting: 7 } };
  exposeWriter(registry, () => figures);
  t.match(await registry.metrics(), /^turnout_registrations_held 12$/m);
  t.match(await registry.metrics(), /^turnout_outcomes_held 7$/m);
  figures = { registrations: idle, outcomes: idle };
  const text = await registry.metrics();
  t.match(text, /^turnout_registrations_held 0$/m);
  t.match(text, /^turnout_table_write_limit 8$/m);
});
