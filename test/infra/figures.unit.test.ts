import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { t } from "../equipment/file-test.ts";
import { figuresDimension, publishedFigures } from "../../shared/aws/cloudwatch-publisher.ts";
import { variablesOf } from "./environment-settings.ts";
import { only, resources, synthesized, watched } from "./templates.ts";

const root = resolve(import.meta.dirname, "../..");
const { main } = await synthesized();

/** The dashboard's and all alarms' text: every metric is in one of them. */
const everything = JSON.stringify(main.Resources);

t.test("every metric of the tiers that is shown or watched is one that a tier has", async (t) => {
  const shown = new Set([...everything.matchAll(/turnout_[a-z_]+/g)].map(([name]) => name));
  t.ok(shown.size >= 8, [...shown].join(", "));
  const sources = globSync("{web,worker,shared}/**/*.ts", { cwd: root }).map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  for (const name of shown)
    t.ok(
      sources.some((source) => source.includes(`"${name}"`)),
      name,
    );
});

t.test("the tiers' metrics are told apart by stack, so that two events do not add up", async (t) => {
  const body = JSON.stringify(only(main, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]).replaceAll(
    "\\",
    "",
  );
  const shown = [...body.matchAll(/"Turnout","(turnout_\w+)","Stack","turnout-test"/g)];
  t.equal(shown.length, [...body.matchAll(/"turnout_\w+"/g)].length);
});

t.test("no alarm depends on what a tier publishes: a tier that is gone publishes nothing", async (t) => {
  for (const [id, alarm] of resources(main, "AWS::CloudWatch::Alarm"))
    t.notMatch(JSON.stringify(alarm), /turnout_/, id);
});

t.test("the tiers publish to CloudWatch what the dashboard shows of them, under the stack's name", async (t) => {
  const published = new Set(publishedFigures.map(({ name }) => name));
  const shown = new Set([...everything.matchAll(/turnout_[a-z_]+/g)].map(([name]) => name));
  for (const name of shown) t.ok(published.has(name), name);
  t.equal(figuresDimension, "Stack");
  for (const tier of ["Web", "Worker"] as const) {
    t.equal(variablesOf(main, tier)["CLOUDWATCH_STACK"], "turnout-test", "the stack whose figures the dashboard shows");
  }
});

t.test("metrics are read by the minute", async (t) => {
  const { Period } = watched(only(main, "AWS::CloudWatch::Alarm", "ObservabilityBacklogIsOld"));
  t.equal(Period, 60);
});
