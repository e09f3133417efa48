import { t } from "../../equipment/file-test.ts";
import { createLogSampler } from "../../../web/http/log-sampler.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

t.test("the first is told at once, and then every ten seconds how many there were", async (t) => {
  const clock = createManualClock();
  const sampler = createLogSampler(clock.now);
  const told: number[] = [];
  for (let second = 0; second < 30; second += 1) {
    for (let each = 0; each < 100; each += 1) {
      const count = sampler.count("busy");
      if (count > 0) told.push(count);
    }
    clock.advance(1_000);
  }
  t.same(told, [1, 1_000, 1_000]);
});

t.test("each kind has a sample of its own, so that a rare one is not drowned", async (t) => {
  const sampler = createLogSampler(createManualClock().now);
  t.same(
    ["busy", "busy", "rare", "busy", "rare"].map((kind) => sampler.count(kind)),
    [1, 0, 1, 0, 0],
  );
});
