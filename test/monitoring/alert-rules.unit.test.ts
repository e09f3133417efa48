import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { serverErrorCodes } from "../../web/http/problem.ts";
import { t } from "../equipment/file-test.ts";
import type { Resource } from "../infra/synthesis.ts";
import { fullSettings, resources, synthesized } from "../infra/templates.ts";
import { demanded, groupedBy, promqlErrors, scrapeLabels } from "./promql.ts";
import { tierMetrics, type KnownMetrics } from "./tier-registries.ts";

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface AlarmProperties {
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly Period?: number;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Period: number } }[];
}

interface ScrapeJob {
  readonly job_name: string;
  readonly static_configs: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const folder = "monitoring/prometheus";
const { groups } = parse(read(`${folder}/turnout-alerts.yml`)) as {
  groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const scrape = parse(read(`${folder}/scrape.example.yml`)) as {
  rule_files: readonly string[];
  scrape_configs: readonly ScrapeJob[];
};
const jobs = scrape.scrape_configs;

/** With what Prometheus itself says of each target. */
const known: KnownMetrics = new Map([...(await tierMetrics()), ["up", { labels: new Map() }]]);

/** What CloudWatch's alarms of the same names stand on, and no tier knows. */
const onlyAwsKnows = new Set([
  "BalancerAnswersErrors",
  "WebIsAtItsMaximum",
  "WorkerIsAtItsMaximum",
  "TableThrottles",
  "MailIsLate",
  "MailsAreGivenUp",
  "MailBounces",
  "MailIsComplainedAbout",
]);

const alarms = new Map<string, Resource>(
  resources((await synthesized({ settings: fullSettings })).main, "AWS::CloudWatch::Alarm").flatMap(([id, alarm]) => {
    const [, name] = /^Observability(\w+?)[0-9A-F]{8}$/.exec(id) ?? [];
    return name === undefined ? [] : [[name, alarm] as const];
  }),
);

function minutes(duration = "0m"): number {
  const [, count = "", unit = ""] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return Number(count) * ({ s: 1 / 60, m: 1, h: 60 }[unit] ?? NaN);
}

t.test("every rule asks for what the tiers have, and is complete", async (t) => {
  t.ok(rules.length >= 10);
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length, "each name once");
  for (const rule of rules) {
    const { alert, expr, labels, annotations } = rule;
    t.strictSame(promqlErrors(expr, known), [], alert);
    t.strictSame(
      Object.keys(rule).filter((key) => !["alert", "expr", "for", "labels", "annotations"].includes(key)),
      [],
    );
    t.ok(minutes(rule.for) >= 0, alert);
    t.match(labels["severity"], /^(warning|critical)$/, alert);
    t.strictSame(Object.keys(annotations), ["summary", "description", "runbook_url"], alert);
    t.match(annotations["description"], /\.$/, `${alert}: whole sentences`);
    const named = Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label),
    );
    const kept = groupedBy(expr);
    for (const label of named) t.ok(kept.has(label), `${alert} keeps the label ${label} that it tells`);
  }
});

t.test("every rule leads to its section of the runbook", async (t) => {
  const runbook = read("docs/operations.md");
  for (const { alert, annotations } of rules) {
    const [path, anchor = ""] = (annotations["runbook_url"] ?? "").split("#");
    t.equal(path, "docs/operations.md");
    const heading = alert.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
    t.equal(anchor, heading.replaceAll(" ", "-"), alert);
    t.match(runbook, new RegExp(`^### ${heading}$`, "im"), alert);
  }
});

t.test("the rules are CloudWatch's alarms: none is missing, and numbers and times are the same", async (t) => {
  const named = rules.map(({ alert }) => alert);
  t.strictSame(named.toSorted(), [...alarms.keys()].filter((name) => !onlyAwsKnows.has(name)).toSorted());
  // Told in the metric's own way: a share of instances, a count over a window, a time without news.
  const otherwise = new Set(["WorkerIsStalled", "WebIsUnhealthy", "WorkerIsUnhealthy", "DaemonIsUnhealthy"]);
  for (const { alert, expr, for: lasting } of rules) {
    const { Properties } = alarms.get(alert) as unknown as { Properties: AlarmProperties };
    const { Threshold, EvaluationPeriods, Period, Metrics = [] } = Properties;
    const periodSeconds = Period ?? Math.max(...Metrics.map(({ MetricStat }) => MetricStat?.Period ?? 0));
    const expected = (EvaluationPeriods * periodSeconds) / 60;
    // A rule without a time looks back over a window instead.
    if (lasting === undefined) t.match(expr, /increase\(/, alert);
    else t.equal(minutes(lasting), expected, `${alert}: minutes`);
    if (otherwise.has(alert)) continue;
    const [, threshold] = />= (\d+)(?: or absent\(\w+\))?$/.exec(expr) ?? [];
    t.equal(Number(threshold), Threshold, `${alert}: threshold`);
  }
});

t.test("errors of the web tier are those that it answers with 500 and above", async (t) => {
  const { expr = "" } = rules.find(({ alert }) => alert === "TierAnswersErrors") ?? {};
  const codes = demanded(expr, "code").flatMap((alternatives) => alternatives.split("|"));
  t.strictSame(codes.toSorted(), [...serverErrorCodes].toSorted());
});

t.test("the example scrapes what the rules name, with the labels that they count on", async (t) => {
  t.strictSame(scrape.rule_files, ["turnout-alerts.yml"]);
  const names = new Set(jobs.map((job) => job.job_name));
  for (const { expr, alert } of rules)
    for (const job of demanded(expr, "job")) t.ok(names.has(job), `${alert}: ${job}`);
  for (const { static_configs: targets } of jobs) {
    for (const { labels } of targets)
      for (const label of scrapeLabels) if (label !== "job") t.ok(label in labels, label);
  }
});

const promtool = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((path) => join(path, "promtool"))
  .find((path) => existsSync(path));

t.test("Prometheus's own tool agrees", { skip: promtool === undefined && "promtool is not installed" }, async (t) => {
  for (const [what, command, file] of [
    ["check", "rules", "turnout-alerts.yml"],
    ["check", "config", "scrape.example.yml"],
    ["test", "rules", "turnout-alerts.test.yml"],
  ] as const) {
    const told = execFileSync(promtool ?? "", [what, command, join(root, folder, file)], { encoding: "utf8" });
    t.match(told, /SUCCESS/, `${what} ${command}`);
  }
});
