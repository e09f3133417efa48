/** A plan as JSON, in the terminal, and as a page. */
import { Type, type Static } from "typebox";
import { sparkline } from "../chart/sparkline.ts";
import type { Report } from "../chart/report-page.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CostLine } from "./cost.ts";
import type { InstanceRates } from "./instance-rates.ts";
import type { Plan } from "./planner.ts";
import { prices } from "./prices.ts";
import type { Outcome } from "./simulation.ts";

const OutcomeSummary = Type.Object({
  accepted: Type.Integer(),
  shedRequests: Type.Integer(),
  worstAcceptWaitSeconds: Type.Number(),
  worstStoreWaitSeconds: Type.Number(),
  peakDepth: Type.Integer(),
  drainedAtSeconds: Type.Union([Type.Number(), Type.Null()]),
  peakStoredPerSecond: Type.Integer(),
  throttledWrites: Type.Integer(),
  peakWebInstances: Type.Integer(),
  peakWorkerInstances: Type.Integer(),
});

/** What `turnout plan --json` prints. */
export const PlanReport = Type.Object({
  attendees: Type.Integer(),
  seconds: Type.Integer(),
  rates: Type.Object({ webPerSecond: Type.Integer(), workerPerSecond: Type.Integer(), source: Type.String() }),
  settings: Type.Object({
    webInstances: Type.Integer(),
    workerInstances: Type.Integer(),
    warmWritesPerSecond: Type.Integer(),
    leadSeconds: Type.Integer(),
  }),
  planned: OutcomeSummary,
  unprepared: OutcomeSummary,
  breaksFirst: Type.Enum(["web", "worker", "table"]),
  loads: Type.Object({ web: Type.Number(), worker: Type.Number(), table: Type.Number() }),
  cost: Type.Object({
    asOf: Type.String(),
    region: Type.String(),
    dollars: Type.Number(),
    lines: Type.Array(Type.Object({ service: Type.String(), what: Type.String(), dollars: Type.Number() })),
  }),
});

export type PlanReport = Static<typeof PlanReport>;

export interface PlanFindings {
  readonly attendees: number;
  readonly seconds: number;
  readonly rates: InstanceRates;
  readonly plan: Plan;
  readonly cost: readonly CostLine[];
}

function summarize(outcome: Outcome): PlanReport["planned"] {
  return {
    accepted: Math.round(outcome.accepted),
    shedRequests: Math.round(outcome.shedRequests),
    worstAcceptWaitSeconds: outcome.worstAcceptWaitSeconds,
    worstStoreWaitSeconds: outcome.worstStoreWaitSeconds,
    peakDepth: Math.round(outcome.peakDepth),
    drainedAtSeconds: outcome.drainedAtSeconds,
    peakStoredPerSecond: Math.round(outcome.peakStoredPerSecond),
    throttledWrites: Math.round(outcome.throttledWrites),
    peakWebInstances: outcome.peakWebInstances,
    peakWorkerInstances: outcome.peakWorkerInstances,
  };
}

const dollarsOf = (lines: readonly CostLine[]) => lines.reduce((sum, { dollars }) => sum + dollars, 0);
const cents = (dollars: number) => Math.round(dollars * 100) / 100;

export function planReport({ attendees, seconds, rates, plan, cost }: PlanFindings): PlanReport {
  const { settings, planned, unprepared, breaksFirst, loads } = plan;
  return {
    attendees: Math.round(attendees),
    seconds,
    rates,
    settings,
    planned: summarize(planned),
    unprepared: summarize(unprepared),
    breaksFirst,
    loads,
    cost: {
      asOf: prices.asOf,
      region: prices.region,
      dollars: cents(dollarsOf(cost)),
      lines: cost.map((line) => ({ ...line, dollars: cents(line.dollars) })),
    },
  };
}

const count = (value: number) => Math.round(value).toLocaleString("en");
const money = (dollars: number) => `$${dollars.toFixed(2)}`;
const until = (seconds: number | null) => (seconds === null ? "not within a day" : formatSeconds(seconds));

function settingRows({ plan: { settings } }: PlanFindings): string[][] {
  return [
    ["web instances, from", count(settings.webInstances), "minInstances of the web tier for the rush"],
    ["worker instances, from", count(settings.workerInstances), "minInstances of the worker tier for the rush"],
    ["table, warm writes/s", count(settings.warmWritesPerSecond), "warm throughput; it can be raised, never lowered"],
    ["ready before opening", formatSeconds(settings.leadSeconds), "the scheduled action's lead"],
  ];
}

function comparisonRows({ plan: { planned, unprepared } }: PlanFindings): string[][] {
  const row = (name: string, read: (outcome: Outcome) => string) => [name, read(planned), read(unprepared)];
  return [
    row("requests shed", (outcome) => count(outcome.shedRequests)),
    row("longest wait until accepted", (outcome) => formatSeconds(outcome.worstAcceptWaitSeconds)),
    row("longest wait until confirmed", (outcome) => formatSeconds(outcome.worstStoreWaitSeconds)),
    row("most people on the queue", (outcome) => count(outcome.peakDepth)),
    row("everybody confirmed after", (outcome) => until(outcome.drainedAtSeconds)),
    row("throttled writes", (outcome) => count(outcome.throttledWrites)),
    row(
      "peak instances, web and worker",
      (outcome) => `${outcome.peakWebInstances} and ${outcome.peakWorkerInstances}`,
    ),
  ];
}

function costRows({ cost }: PlanFindings): string[][] {
  return [
    ...cost.map(({ service, what, dollars }) => [service, what, money(dollars)]),
    ["Sum", "", money(dollarsOf(cost))],
  ];
}

const parts = { web: "the web tier", worker: "the worker tier", table: "the table" } as const;

function breakingSentence({ plan: { breaksFirst, loads } }: PlanFindings): string {
  const percent = Math.round(loads[breaksFirst] * 100);
  return `If more people come than planned, ${parts[breaksFirst]} reaches its limit first: at the peak it uses ${percent} % of its capacity.`;
}

function headline({ attendees, seconds }: PlanFindings): string {
  return `${count(attendees)} people in ${formatSeconds(seconds)}`;
}

const chartWidth = 60;
const settingsHead = ["set", "to", "which is"];
const comparisonHead = ["", "with this plan", "with nothing prepared"];
const costHead = ["service", "for", "cost"];

export function showPlan({ print, printTable, colors }: Terminal, findings: PlanFindings): void {
  const { rates, plan } = findings;
  print(colors.bold(`Plan for ${headline(findings)}`));
  print(
    `One instance: web ${count(rates.webPerSecond)}/s, worker ${count(rates.workerPerSecond)}/s (${rates.source}).\n`,
  );
  printTable(settingsHead, settingRows(findings));
  print("");
  printTable(comparisonHead, comparisonRows(findings));
  print(`\n${colors.bold("Second by second, with this plan")}`);
  const { series } = plan.planned;
  for (const [name, values] of [
    ["arrivals/s", series.arrivals],
    ["accepted/s", series.accepted],
    ["asked back/s", series.shed],
    ["on the queue", series.depth],
    ["stored/s", series.stored],
    ["oldest, s", series.oldestAgeSeconds],
  ] as const) {
    const most = values.reduce((max, value) => Math.max(max, value), 0);
    print(`${name.padEnd(13)} ${sparkline(values, chartWidth).padEnd(chartWidth)} max ${count(most)}`);
  }
  print("");
  printTable(costHead, costRows(findings));
  print(`List prices of ${prices.region} as of ${prices.asOf}, without tax, discounts and free tier.`);
  print(`\n${breakingSentence(findings)}`);
}

export function planPage(findings: PlanFindings): Report {
  const { rates, plan } = findings;
  const charts = (name: string, { series }: Outcome) => [
    {
      title: `${name}: arrivals, accepted, shed`,
      unit: "people each second",
      stepSeconds: 1,
      series: [
        { name: "arrivals", values: series.arrivals },
        { name: "accepted", values: series.accepted },
        { name: "shed", values: series.shed },
      ],
    },
    {
      title: `${name}: on the queue`,
      unit: "people",
      stepSeconds: 1,
      series: [{ name: "waiting to be stored", values: series.depth }],
    },
    {
      title: `${name}: instances in service`,
      unit: "instances",
      stepSeconds: 1,
      series: [
        { name: "web", values: series.webInstances },
        { name: "worker", values: series.workerInstances },
      ],
    },
  ];
  return {
    title: `Capacity plan for ${headline(findings)}`,
    summary: [
      `Simulated with ${count(rates.webPerSecond)} registrations/s for a web instance and ${count(rates.workerPerSecond)} for a worker (${rates.source}).`,
      breakingSentence(findings),
    ],
    tables: [
      { title: "What to set", head: settingsHead, rows: settingRows(findings) },
      { title: "What to expect", head: comparisonHead, rows: comparisonRows(findings) },
      {
        title: `What it costs (list prices of ${prices.region} as of ${prices.asOf})`,
        head: costHead,
        rows: costRows(findings),
      },
    ],
    charts: [...charts("With this plan", plan.planned), ...charts("With nothing prepared", plan.unprepared)],
  };
}
