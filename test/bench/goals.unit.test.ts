import { t } from "../equipment/file-test.ts";
import { goalFigures, pairedRatios } from "../../bench/goals.ts";
import type { Measurements } from "../../bench/results.ts";
import type { Trial } from "../../bench/scenarios/trial.ts";
import { spreadOf } from "../../bench/statistics.ts";

function trial(round: number, variant: string, cpuMicrosPerRegistration: number): Trial {
  return {
    round,
    variant,
    registrations: 1,
    cpuMicrosPerRegistration,
    perSecond: 1,
    busy: 1,
    residentBytes: 1,
    peakResidentBytes: 1,
  };
}

const nothing: Measurements = { trials: [], latency: [], endurance: [], embedded: [] };

t.test("the spread is the median and the quarters", async (t) => {
  t.same(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4, count: 5 });
  t.same(spreadOf([1, 2]), { median: 1.5, low: 1.25, high: 1.75, count: 2 });
  t.equal(spreadOf([]).count, 0);
  t.ok(Number.isNaN(spreadOf([]).median));
});

t.test("a ratio is taken within a round, so that a round that was slow for both tells nothing", async (t) => {
  const trials = [trial(1, "a", 10), trial(1, "b", 5), trial(2, "b", 50), trial(2, "a", 100), trial(3, "a", 7)];
  t.same(pairedRatios(trials, "a", "b"), [2, 2]);
});

t.test("a goal without a measurement is not shown, and one with a measurement is met or not", async (t) => {
  t.same(goalFigures(nothing), []);
  const trials = [1, 2, 3].flatMap((round) => [trial(round, "web/product", 60), trial(round, "web/bare-fastify", 45)]);
  const figures = goalFigures({ ...nothing, trials });
  t.match(figures, [
    { name: "web", median: 60 / 45, count: 3, met: true },
    { name: "web-aim", met: false },
  ]);
});

t.test("of several overload steps the worst counts, and so does the time to recover", async (t) => {
  const step = (multiple: number, ofPeak: number) => ({
    limit: "queue" as const,
    multiple,
    offeredPerSecond: 1,
    acceptedPerSecond: 1,
    shedPerSecond: 0,
    shedWithoutRetryAfter: 0,
    failed: 0,
    p99Ms: 1,
    ofPeak,
  });
  const overload = { steps: [step(1, 0.5), step(2, 1), step(5, 0.95), step(10, 0.8)], recoverySeconds: 15 };
  const figures = goalFigures({ ...nothing, overload });
  t.match(figures, [
    { name: "overload-queue", median: 0.8, met: false },
    { name: "recovery", median: 15, met: false },
  ]);
});
