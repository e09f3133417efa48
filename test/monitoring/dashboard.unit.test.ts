import { readFileSync } from "node:fs";
import { t } from "../equipment/file-test.ts";
import { promqlErrors, scrapeLabels } from "./promql.ts";
import { tierMetrics } from "./tier-registries.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

const path = new URL("../../monitoring/grafana/turnout.json", import.meta.url);
const { panels, templating } = JSON.parse(readFileSync(path, "utf8")) as Dashboard;
const known = await tierMetrics();
const graphs = panels.filter(({ type }) => type !== "row");
const queries = graphs.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

/** As Grafana sends it: its variables are no PromQL. */
const asSent = (expr: string) => expr.replaceAll("$__rate_interval", "1m").replaceAll("$stack", ".*");

t.test("every panel says what it shows, and asks for what the tiers have", async (t) => {
  t.ok(graphs.length >= 15);
  for (const { title, description, targets = [] } of graphs) {
    t.ok(title && description, title);
    t.ok(targets.length > 0, title);
  }
  for (const { title, expr } of queries) t.strictSame(promqlErrors(asSent(expr), known), [], `${title}: ${expr}`);
});

t.test("every query is of one stack, which can be chosen", async (t) => {
  for (const { title, expr } of queries) t.match(expr, /\{stack=~"\$stack"/, title);
  const variables = new Map(templating.list.map(({ name, query }) => [name, query]));
  t.equal(variables.get("datasource"), "prometheus");
  const [, metric = "", label = ""] = /label_values\((\w+), (\w+)\)/.exec(JSON.stringify(variables.get("stack"))) ?? [];
  t.ok(known.has(metric), metric);
  t.ok(scrapeLabels.has(label), label);
});

t.test("a legend names labels that its query keeps", async (t) => {
  for (const { title, expr, legendFormat } of queries) {
    const [, kept] = /^(?:sum|max) by \(([^)]*)\)/.exec(expr) ?? [];
    const ungrouped = !/\b(sum|max|min|avg)\b/.test(expr);
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      t.ok(ungrouped || kept?.split(", ").includes(label), `${title}: ${label}`);
  }
});

t.test("panels have room of their own and ids of their own", async (t) => {
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        t.notOk(taken.has(`${x}/${y}`), title);
        taken.add(`${x}/${y}`);
      }
    }
  }
});

t.test("the dashboard shows what an operator looks for", async (t) => {
  const asked = queries.map(({ expr }) => expr).join("\n");
  for (const metric of [
    "turnout_registrations_accepted_total",
    "turnout_accept_seconds_bucket",
    "turnout_queue_messages",
    "turnout_queue_eta_seconds",
    "turnout_queue_drain_per_second",
    "turnout_dead_letters_total",
    "turnout_breaker_open",
    "turnout_requests_refused_total",
    "nodejs_eventloop_lag_p99_seconds",
    "process_cpu_seconds_total",
    "turnout_connections_open",
    "turnout_mails_total",
  ])
    t.match(asked, new RegExp(`\\b${metric}\\b`));
});
