import { t } from "../../equipment/file-test.ts";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { makePlan, targetUtilisation } from "../../../load/plan/planner.ts";

const rates = { webPerSecond: 4_000, workerPerSecond: 2_500, webSource: "given", workerSource: "given" };
const wishes = { rates, confirmWithinSeconds: 60, instanceReadySeconds: 300 };

t.test(
  "with the plan nobody is turned away and the last is confirmed in time; with the defaults they are not",
  async (t) => {
    const { planned, defaults, defaultsSuffice } = makePlan({
      ...wishes,
      arrivals: shapeArrivals(3_000_000, 300, "burst"),
    });
    t.equal(planned.shedRequests, 0);
    t.ok(planned.worstStoreWaitSeconds <= 60);
    t.ok(defaults.atOpening.shedRequests > 0, "the comparison is worth something");
    t.ok(defaults.atOpening.drainedAtSeconds! > planned.drainedAtSeconds!);
    t.notOk(defaultsSuffice);
  },
);

t.test("the defaults are those that a deployment has: raised for the opening, and only then", async (t) => {
  const { defaults, defaultsSuffice } = makePlan({ ...wishes, arrivals: shapeArrivals(50_000, 300, "burst") });
  const starts = Object.values(defaults).map(({ series }) => [series.webInstances[0], series.workerInstances[0]]);
  t.same(starts, [
    [6, 3],
    [2, 1],
  ]);
  t.ok(defaultsSuffice, "which are enough for a small event");
});

t.test("no part does more than its share, and an instance of each tier can be lost", async (t) => {
  for (const people of [5_000, 300_000, 1_000_000]) {
    const { loads, oneLost, holdsTimes, shortfalls } = makePlan({
      ...wishes,
      arrivals: shapeArrivals(people, 300, "burst"),
    });
    for (const [part, load] of Object.entries(loads))
      t.ok(load <= targetUtilisation + 0.01, `${people}: ${part} ${load}`);
    t.equal(oneLost.shedRequests, 0);
    t.ok(oneLost.worstStoreWaitSeconds <= 60);
    t.ok(holdsTimes >= 1.5, `${people} people: ${holdsTimes} times`);
    t.same(shortfalls, []);
  }
});

t.test("a small event needs the minimum, one to spare, and no warming", async (t) => {
  const { settings, planned } = makePlan({ ...wishes, arrivals: shapeArrivals(5_000, 600, "burst") });
  t.match(settings, { webInstances: 2, workerInstances: 2, warmWritesPerSecond: 4_000 });
  t.equal(planned.shedRequests, 0);
});

t.test("who wants to be confirmed sooner needs more", async (t) => {
  const arrivals = shapeArrivals(1_000_000, 300, "burst");
  const relaxed = makePlan({ ...wishes, arrivals, confirmWithinSeconds: 300 }).settings;
  const eager = makePlan({ ...wishes, arrivals, confirmWithinSeconds: 5 }).settings;
  t.ok(eager.workerInstances > relaxed.workerInstances);
  t.ok(eager.warmWritesPerSecond > relaxed.warmWritesPerSecond);
});

t.test("what no deployment takes is not planned, and what is missing is said", async (t) => {
  const { settings, shortfalls } = makePlan({
    ...wishes,
    arrivals: shapeArrivals(5_000_000, 60, "even"),
    confirmWithinSeconds: 5,
  });
  t.equal(settings.warmWritesPerSecond, 40_000);
  t.match(shortfalls.join(" "), /--confirm-within/);
});

t.test("what breaks first is what is used most", async (t) => {
  const { loads, breaksFirst } = makePlan({ ...wishes, arrivals: shapeArrivals(500_000, 300, "ramp") });
  t.equal(loads[breaksFirst], Math.max(...Object.values(loads)));
});
