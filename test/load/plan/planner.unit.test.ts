import { t } from "../../equipment/file-test.ts";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { makePlan } from "../../../load/plan/planner.ts";

const rates = { webPerSecond: 4_000, workerPerSecond: 2_500, source: "as given" };
const wishes = { rates, confirmWithinSeconds: 60, instanceReadySeconds: 300 };

t.test("with the plan nobody is turned away and the last is confirmed in time; without it they are not", async (t) => {
  const { planned, unprepared } = makePlan({ ...wishes, arrivals: shapeArrivals(1_000_000, 300, "burst") });
  t.equal(planned.shedRequests, 0);
  t.ok(planned.worstStoreWaitSeconds <= 60);
  t.ok(unprepared.shedRequests > 0, "the comparison is worth something");
  t.ok(unprepared.drainedAtSeconds! > planned.drainedAtSeconds!);
});

t.test("a small event needs no more than the minimum and no warming", async (t) => {
  const { settings, planned } = makePlan({ ...wishes, arrivals: shapeArrivals(5_000, 600, "burst") });
  t.match(settings, { webInstances: 2, workerInstances: 1, warmWritesPerSecond: 4_000 });
  t.equal(planned.shedRequests, 0);
});

t.test("who wants to be confirmed sooner needs more", async (t) => {
  const arrivals = shapeArrivals(1_000_000, 300, "burst");
  const relaxed = makePlan({ ...wishes, arrivals, confirmWithinSeconds: 300 }).settings;
  const eager = makePlan({ ...wishes, arrivals, confirmWithinSeconds: 5 }).settings;
  t.ok(eager.workerInstances > relaxed.workerInstances);
  t.ok(eager.warmWritesPerSecond > relaxed.warmWritesPerSecond);
});

t.test("what breaks first is what is used most", async (t) => {
  const { loads, breaksFirst } = makePlan({ ...wishes, arrivals: shapeArrivals(500_000, 300, "ramp") });
  t.equal(loads[breaksFirst], Math.max(...Object.values(loads)));
});
