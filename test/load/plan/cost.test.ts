import t from "tap";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { costOf, dailyDollars } from "../../../load/plan/cost.ts";
import { makePlan } from "../../../load/plan/planner.ts";
import { prices } from "../../../load/plan/prices.ts";

const { settings, planned: outcome } = makePlan({
  arrivals: shapeArrivals(1_000_000, 300, "burst"),
  rates: { webPerSecond: 4_000, workerPerSecond: 2_500, source: "as given" },
  confirmWithinSeconds: 60,
  instanceReadySeconds: 300,
});

t.test("a million people are a million write units, whatever else they cost", async (t) => {
  const lines = costOf({ settings, outcome, webType: "c7g.medium", workerType: "c7g.medium", raisedSeconds: 3_600 });
  const writes = lines.find(({ what }) => what.startsWith("one write"))!;
  t.ok(writes.dollars >= prices.dynamoDbMillionWrites);
  t.ok(lines.every(({ dollars }) => Number.isFinite(dollars) && dollars >= 0));
});

t.test("an hour of instances is what the price list says", async (t) => {
  const [ec2] = costOf({ settings, outcome, webType: "c7g.large", workerType: "c7g.medium", raisedSeconds: 3_600 });
  const { "c7g.large": web, "c7g.medium": worker } = prices.instanceHour;
  t.equal(ec2?.dollars, settings.webInstances * web + settings.workerInstances * worker);
});

t.test("a day of standing around costs the instances, the balancer and the gateway", async (t) => {
  const instances = 2 * prices.instanceHour["c7g.medium"] + prices.instanceHour["t4g.small"];
  const hourly = instances + prices.loadBalancerHour + prices.natGatewayHour;
  t.equal(dailyDollars(2, 1, "c7g.medium", "t4g.small"), 24 * hourly);
});
