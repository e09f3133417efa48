import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { PlanReport, planPage, planReport } from "../../../load/plan/plan-report.ts";
import { makePlan } from "../../../load/plan/planner.ts";

const rates = { webPerSecond: 4_000, workerPerSecond: 2_500, source: "as given" };
const arrivals = shapeArrivals(100_000, 60, "burst");
const plan = makePlan({ arrivals, rates, confirmWithinSeconds: 60, instanceReadySeconds: 300 });
const findings = {
  attendees: 100_000,
  seconds: 60,
  rates,
  plan,
  cost: [
    { service: "EC2", what: "instances", dollars: 1.005 },
    { service: "SQS", what: "packs", dollars: 0.001 },
  ],
};

t.test("the report for programs has the shape of its schema, in whole people and cents", async (t) => {
  const report = planReport(findings);
  t.same(Compile(PlanReport).Errors(report), []);
  t.match(report, { attendees: 100_000, planned: { accepted: 100_000 }, cost: { dollars: 1.01 } });
});

t.test("the page sets what is planned beside what happens with nothing prepared", async (t) => {
  const { tables, charts, summary } = planPage(findings);
  t.same(
    tables.map(({ head }) => head.length),
    [3, 3, 3],
  );
  t.equal(charts.length, 6);
  t.match(summary.join(" "), /reaches its limit first/);
});
