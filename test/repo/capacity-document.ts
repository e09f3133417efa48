/**
 * Writes the costs in `docs/capacity.md` from what `turnout plan` prints. `npm run docs` puts them in their place; a test fails
 * while they are not in step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPart, type Marks } from "../../bench/report/marked-part.ts";
import type { PlanReport } from "../../load/plan/plan-report.ts";
import { runCommand } from "../equipment/command-run.ts";
import { root } from "./source-tree.ts";

export const capacityPath = "docs/capacity.md";

const sizes = [10_000, 200_000, 1_000_000, 10_000_000];
const minutes = 10;
const marks: Marks = [
  "<!-- costs: written by `npm run docs` from the command; change that, not these lines -->",
  "<!-- /costs -->",
];

/** Nobody's stress run is in there. */
const env = { TURNOUT_RUN_FOLDER: "/none/such" };

async function plan(attendees: number, ...more: readonly string[]): Promise<PlanReport> {
  const size = ["--attendees", String(attendees), "--minutes", String(minutes)];
  return (await runCommand(["plan", ...size, ...more, "--json"], { env })).json() as PlanReport;
}

const dollars = (value: number) =>
  `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

function sumOf({ cost }: PlanReport, service: string): number {
  const own = cost.lines.filter((line) => line.service === service);
  return own.reduce((sum, line) => sum + line.dollars, 0);
}

async function costTable(): Promise<string> {
  const plain = await Promise.all(sizes.map((size) => plan(size)));
  const full = await Promise.all(sizes.map((size) => plan(size, "--mail", "--waf")));
  const [first] = plain;
  if (!first) throw new Error("There are no sizes.");
  const row = (name: string, reports: readonly PlanReport[], cell: (report: PlanReport) => string) =>
    `| ${name} | ${reports.map(cell).join(" | ")} |`;
  const services = [...new Set(first.cost.lines.map(({ service }) => service))];
  return [
    `| people in ${minutes} min | ${sizes.map((size) => size.toLocaleString("en")).join(" | ")} |`,
    `|---|${sizes.map(() => "---:|").join("")}`,
    row(
      "web and worker instances",
      plain,
      (r) => `${r.settings.webRushInstances} and ${r.settings.workerRushInstances}`,
    ),
    row("longest wait until confirmed", plain, ({ planned }) => `${planned.worstStoreWaitSeconds} s`),
    ...services.map((service) => row(service, plain, (report) => dollars(sumOf(report, service)))),
    row("**this rush**", plain, ({ cost }) => `**${dollars(cost.dollars)}**`),
    row("**a million registrations**", plain, ({ cost }) => `**${dollars(cost.dollarsPerMillion)}**`),
    row("with `--mail` besides: SES", full, (report) => dollars(sumOf(report, "SES"))),
    row("with `--waf` besides: WAF", full, (report) => dollars(sumOf(report, "WAF"))),
    row("a million registrations with both", full, ({ cost }) => dollars(cost.dollarsPerMillion)),
    "",
    `List prices of ${first.cost.region} as of ${first.cost.asOf}. At another time the deployment costs ${dollars(first.cost.idleDollarsPerDay)} a day.`,
  ].join("\n");
}

/** @param document with the two marks @returns the same with today's costs between them */
export async function withCosts(document: string): Promise<string> {
  return withPart(document, marks, await costTable());
}

if (import.meta.main) {
  const path = join(root, capacityPath);
  writeFileSync(path, await withCosts(readFileSync(path, "utf8")));
}
