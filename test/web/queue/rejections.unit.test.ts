import { Registry } from "prom-client";
import { t } from "../../equipment/file-test.ts";
import { createWebMetrics } from "../../../web/metrics.ts";
import { createRejections } from "../../../web/queue/rejections.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

function prepare() {
  const registry = new Registry();
  const clock = createManualClock();
  const log = recordLog();
  const metrics = createWebMetrics(registry, () => ({
    confirmed: 0,
    packs: 0,
    failedPacks: 0,
    waiting: 0,
    sendsInFlight: 0,
    oldestWaitMs: 0,
    failingMs: 0,
    latestSendMs: 0,
  }));
  return { rejections: createRejections(metrics, log.logger, clock.now), registry, clock, log };
}

t.test("every rejection is counted by its code", async (t) => {
  const { rejections, registry } = prepare();
  for (let count = 0; count < 1_000; count += 1) rejections.count("TURNOUT_OVERLOADED", "buffer-full");
  rejections.count("TURNOUT_CLOSED");
  const text = await registry.metrics();
  t.match(text, /turnout_requests_refused_total\{code="TURNOUT_OVERLOADED"\} 1000/);
  t.match(text, /turnout_requests_refused_total\{code="TURNOUT_CLOSED"\} 1$/m);
});

t.test(
  "a rush of rejections is one line at once and then one every ten seconds, with how many there were",
  async (t) => {
    const { rejections, clock, log } = prepare();
    for (let second = 0; second < 30; second += 1) {
      for (let count = 0; count < 100; count += 1) rejections.count("TURNOUT_OVERLOADED", "buffer-slow");
      clock.advance(1_000);
    }
    t.match(log.records, [
      { code: "TURNOUT_OVERLOADED", reason: "buffer-slow", count: 1 },
      { code: "TURNOUT_OVERLOADED", count: 1_000 },
      { code: "TURNOUT_OVERLOADED", count: 1_000 },
    ]);
    t.equal(log.records.length, 3);
  },
);

t.test("a rare rejection is not drowned by a frequent one", async (t) => {
  const { rejections, log } = prepare();
  for (let count = 0; count < 100; count += 1) rejections.count("TURNOUT_OVERLOADED");
  rejections.count("TURNOUT_ORIGIN_REFUSED");
  t.same(
    log.records.map(({ code }) => code),
    ["TURNOUT_OVERLOADED", "TURNOUT_ORIGIN_REFUSED"],
  );
});
