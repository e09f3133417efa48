import { Registry } from "prom-client";
import { t } from "../equipment/file-test.ts";
import type { GroupCommitFigures } from "../../web/queue/group-commit.ts";
import { createWebMetrics } from "../../web/metrics.ts";

const figures: GroupCommitFigures = {
  confirmed: 1_000,
  packs: 12,
  failedPacks: 2,
  waiting: 7,
  sendsInFlight: 3,
  oldestWaitMs: 250,
  failingMs: 0,
  latestSendMs: 0,
};

t.test("the group commit's figures are those of the moment of the scrape", async (t) => {
  const registry = new Registry();
  let current = figures;
  createWebMetrics(registry, () => current);
  const first = await registry.metrics();
  t.match(first, /^turnout_registrations_accepted_total 1000$/m);
  t.match(first, /^turnout_packs_sent_total 12$/m);
  t.match(first, /^turnout_packs_failed_total 2$/m);
  t.match(first, /^turnout_registrations_waiting 7$/m);
  t.match(first, /^turnout_sends_in_flight 3$/m);
  t.match(first, /^turnout_oldest_wait_seconds 0\.25$/m);
  current = { ...figures, confirmed: 1_500, waiting: 0, oldestWaitMs: 0 };
  const second = await registry.metrics();
  t.match(second, /^turnout_registrations_accepted_total 1500$/m, "not added to what was read before");
  t.match(second, /^turnout_registrations_waiting 0$/m);
});

t.test("every metric has a help text and a name with its unit or its kind", async (t) => {
  const registry = new Registry();
  createWebMetrics(registry, () => figures);
  for (const { name, help, type } of await registry.getMetricsAsJSON()) {
    t.ok(help.length > 10, name);
    t.match(name, /^turnout_[a-z_]+$/);
    if (String(type) === "counter") t.match(name, /_total$/);
  }
});

t.test("rejections are counted by code", async (t) => {
  const registry = new Registry();
  const { rejected } = createWebMetrics(registry, () => figures);
  rejected.labels("TURNOUT_CLOSED").inc();
  rejected.labels("TURNOUT_CLOSED").inc();
  t.match(await registry.metrics(), /^turnout_requests_refused_total\{code="TURNOUT_CLOSED"\} 2$/m);
});
