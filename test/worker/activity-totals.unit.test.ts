import { t } from "../equipment/file-test.ts";
import { Counter } from "../../shared/process/metrics.ts";
import { Registry } from "prom-client";
import { readActivityTotals } from "../../worker/activity-totals.ts";
import { createWorkerMetrics, exposeHeldPacks, exposeWriter } from "../../worker/metrics.ts";

t.test("before anything was done, and without a counter, all is nothing", async (t) => {
  const nothing = {
    replayed: 0,
    packsSent: 0,
    stored: 0,
    duplicate: 0,
    gone: 0,
    changed: 0,
    deadLettered: 0,
    packsDone: 0,
    storedDelayMs: 0,
    heldPacks: 0,
    heldPeople: 0,
  };
  t.same(await readActivityTotals(new Registry()), nothing);
  const registry = new Registry();
  createWorkerMetrics(registry);
  t.same(await readActivityTotals(registry), nothing);
});

t.test("the worker's own counters are what it did", async (t) => {
  const registry = new Registry();
  const metrics = createWorkerMetrics(registry);
  metrics.stored.inc(25);
  metrics.duplicates.inc(3);
  metrics.gone.labels("erased").inc(2);
  metrics.changes.labels("correction", "applied").inc(6);
  metrics.changes.labels("withdrawal", "ignored").inc(1);
  metrics.deadLettered.labels("malformed").inc(2);
  metrics.deadLettered.labels("crash-loop").inc(1);
  metrics.packsDone.inc(4);
  metrics.storedDelay.observe(0.5);
  metrics.storedDelay.observe(40);
  exposeHeldPacks(registry, () => 3);
  exposeWriter(registry, () => ({
    registrations: { waiting: 400, callsInFlight: 2, limit: 8 },
    outcomes: { waiting: 5, callsInFlight: 0, limit: 8 },
  }));
  const replays = (name: string) => new Counter({ name, help: "x", registers: [registry] });
  replays("turnout_replayed_registrations_total").inc(60);
  replays("turnout_replay_packs_sent_total").inc(2);
  t.same(await readActivityTotals(registry), {
    replayed: 60,
    packsSent: 2,
    stored: 25,
    duplicate: 3,
    gone: 2,
    changed: 7,
    deadLettered: 3,
    packsDone: 4,
    storedDelayMs: 40_500,
    heldPacks: 3,
    heldPeople: 455,
  });
});
