import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { simulate, type Scenario } from "../../../load/plan/simulation.ts";

function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    arrivals: shapeArrivals(100_000, 100, "even"),
    web: { startInstances: 2, minInstances: 2, maxInstances: 2, registrationsPerSecond: 1_000 },
    worker: { startInstances: 1, minInstances: 1, maxInstances: 1, registrationsPerSecond: 500 },
    warmWritesPerSecond: 1_000_000,
    instanceReadySeconds: 300,
    registrationsPerMessage: 250,
    ...changes,
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

t.test("a rush within capacity has the depth and the drain time that arithmetic gives", async (t) => {
  // 1,000 arrive each second and 500 are stored: 500 more each second for 100 s, then 50,000 at 500 each second.
  const outcome = simulate(scenario());
  t.equal(Math.round(outcome.peakDepth), 50_000);
  t.equal(outcome.drainedAtSeconds, 200);
  t.equal(outcome.shedRequests, 0);
  t.equal(outcome.worstAcceptWaitSeconds, 0);
  t.ok(Math.abs(outcome.worstStoreWaitSeconds - 100) <= 1, "the last waits for all before");
});

t.test("a shed request is accepted later, and the wait counts", async (t) => {
  const outcome = simulate(scenario({ arrivals: Float64Array.of(10_000) }));
  t.ok(outcome.shedRequests > 0);
  t.ok(outcome.worstAcceptWaitSeconds >= 5, "10,000 at 2,000 each second");
  t.equal(Math.round(outcome.accepted), 10_000);
});

t.test(
  "a table that takes less than the workers would is what bounds the drain, and its throttling is counted",
  async (t) => {
    const worker = { startInstances: 4, minInstances: 4, maxInstances: 4, registrationsPerSecond: 5_000 };
    const web = { startInstances: 9, minInstances: 9, maxInstances: 9, registrationsPerSecond: 10_000 };
    const arrivals = shapeArrivals(1_000_000, 20, "even");
    const cold = simulate(scenario({ arrivals, web, worker, warmWritesPerSecond: 4_000 }));
    const warm = simulate(scenario({ arrivals, web, worker, warmWritesPerSecond: 20_000 }));
    t.equal(Math.round(cold.peakStoredPerSecond), 4_000);
    t.ok(cold.throttledWrites > 0);
    t.ok(warm.drainedAtSeconds! < cold.drainedAtSeconds!);
  },
);

t.test("nobody is lost and nobody is made up, whatever the scenario", async () => {
  const tier = fc.record({ instances: fc.integer({ min: 1, max: 9 }), rate: fc.integer({ min: 50, max: 9_000 }) });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 120 }),
      tier,
      tier,
      fc.integer({ min: 4_000, max: 50_000 }),
      (arrivals, web, worker, warmWritesPerSecond) => {
        const people = sum(arrivals);
        const { series, accepted, drainedAtSeconds } = simulate(
          scenario({
            arrivals: Float64Array.from(arrivals),
            web: { startInstances: web.instances, minInstances: 1, maxInstances: 9, registrationsPerSecond: web.rate },
            worker: {
              startInstances: worker.instances,
              minInstances: 1,
              maxInstances: 9,
              registrationsPerSecond: worker.rate,
            },
            warmWritesPerSecond,
          }),
        );
        const near = (a: number, b: number) => Math.abs(a - b) <= 1e-3 * Math.max(1, b);
        if (drainedAtSeconds === null) throw new Error("never drained");
        if (!near(accepted, people) || !near(sum(series.stored), people)) throw new Error("lost or made up");
        if (series.depth.some((depth) => depth < -1e-3)) throw new Error("a queue below nothing");
        if (series.webInstances.some((count) => count < 1 || count > 9)) throw new Error("outside the bounds");
      },
    ),
    { numRuns: 200 },
  );
});

t.test("ten million people take less than ten seconds", async (t) => {
  const startedAt = performance.now();
  const outcome = simulate(scenario({ arrivals: shapeArrivals(10_000_000, 3_600, "burst") }));
  const ms = performance.now() - startedAt;
  t.comment(`${Math.round(ms)} ms`);
  t.ok(ms < 10_000);
  t.equal(Math.round(outcome.accepted), 10_000_000);
});
