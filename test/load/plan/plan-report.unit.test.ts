import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import { shapeArrivals } from "../../../load/plan/arrivals.ts";
import { PlanReport, planPage, planReport, type PlanFindings } from "../../../load/plan/plan-report.ts";
import { deployableSettings } from "../../../load/plan/deployable-settings.ts";
import { makePlan } from "../../../load/plan/planner.ts";
import { usageOf } from "../../../load/plan/usage.ts";

const rates = { webPerSecond: 4_000, workerPerSecond: 2_500, webSource: "given", workerSource: "given" };
const arrivals = shapeArrivals(100_000, 60, "burst");
const plan = makePlan({ arrivals, rates, confirmWithinSeconds: 60, instanceReadySeconds: 300 });
const findings: PlanFindings = {
  attendees: 100_000,
  seconds: 60,
  rates,
  plan,
  deployable: deployableSettings(plan.settings, "c7g.medium", "c7g.medium"),
  usage: usageOf({
    settings: plan.settings,
    outcome: plan.planned,
    webType: "c7g.medium",
    workerType: "c7g.medium",
    raisedSeconds: 2_700,
    mail: false,
    firewall: false,
  }),
  cost: [
    { service: "EC2", what: "instances", dollars: 1.005 },
    { service: "SQS", what: "packs", dollars: 0.001 },
  ],
  idleDollarsPerDay: 5.127,
};

t.test("the report for programs has the shape of its schema, in whole people and cents", async (t) => {
  const report = planReport(findings);
  t.same(Compile(PlanReport).Errors(report), []);
  t.match(report, {
    attendees: 100_000,
    planned: { accepted: 100_000 },
    cost: { dollars: 1.01, dollarsPerMillion: 10.06, idleDollarsPerDay: 5.13 },
  });
  t.match(report.cost.lines[0], { dollars: 1, dollarsPerMillion: 10.05, prices: /^https:.*ec2/ });
});

t.test("the page sets what is planned beside what happens with the defaults", async (t) => {
  const { tables, charts, summary } = planPage(findings);
  t.same(
    tables.map(({ head }) => head.length),
    [4, 4, 5, 4],
  );
  t.equal(charts.length, 6);
  t.match(summary.join(" "), /reaches its limit first/);
});
