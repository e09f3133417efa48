/** A plan as JSON, in the terminal, and as a page. */
import { Type, type Static } from "typebox";
import { sparkline } from "../chart/sparkline.ts";
import type { Report } from "../chart/report-page.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { CostReport, costHead, costReport, costRows, costSentences, type CostFindings } from "./cost-report.ts";
import type { InstanceRates } from "./instance-rates.ts";
import { deployCommand, type DeployableSetting } from "./deployable-settings.ts";
import { targetUtilisation, type Plan } from "./planner.ts";
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
  rates: Type.Object({
    webPerSecond: Type.Integer(),
    webSource: Type.String(),
    workerPerSecond: Type.Integer(),
    workerSource: Type.String(),
  }),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()]), {
    description: "by name, as in the context of cdk.json",
  }),
  command: Type.String({ description: "deploys those that differ from the defaults" }),
  leadSeconds: Type.Integer({ description: "before the opening, when the deployment raises both tiers" }),
  targetUtilisation: Type.Number(),
  planned: OutcomeSummary,
  oneLost: OutcomeSummary,
  defaults: Type.Object({ atOpening: OutcomeSummary, atAnotherTime: OutcomeSummary }),
  defaultsSuffice: Type.Boolean({
    description: "whether the defaults serve everybody in time as well, at the opening",
  }),
  holdsTimes: Type.Number({ description: "times as many people that it holds as well, up to ten" }),
  shortfalls: Type.Array(Type.String()),
  breaksFirst: Type.Enum(["web", "worker", "table"]),
  loads: Type.Object({ web: Type.Number(), worker: Type.Number(), table: Type.Number() }),
  cost: CostReport,
});

export type PlanReport = Static<typeof PlanReport>;

export interface PlanFindings extends CostFindings {
  readonly attendees: number;
  readonly seconds: number;
  readonly rates: InstanceRates;
  readonly plan: Plan;
  readonly deployable: readonly DeployableSetting[];
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

export function planReport(findings: PlanFindings): PlanReport {
  const { attendees, seconds, rates, plan, deployable } = findings;
  const { settings, planned, oneLost, defaults, breaksFirst, loads, holdsTimes, shortfalls } = plan;
  return {
    attendees: Math.round(attendees),
    seconds,
    rates,
    settings: Object.fromEntries(deployable.map(({ name, value }) => [name, value])),
    command: deployCommand(deployable),
    leadSeconds: settings.leadSeconds,
    targetUtilisation,
    planned: summarize(planned),
    oneLost: summarize(oneLost),
    defaults: {
      atOpening: summarize(defaults.atOpening),
      atAnotherTime: summarize(defaults.atAnotherTime),
    },
    defaultsSuffice: plan.defaultsSuffice,
    holdsTimes,
    shortfalls: [...shortfalls],
    breaksFirst,
    loads,
    cost: costReport(findings),
  };
}

const count = (value: number) => Math.round(value).toLocaleString("en");
const until = (seconds: number | null) => (seconds === null ? "not within a day" : formatSeconds(seconds));

function settingRows({ deployable }: PlanFindings): string[][] {
  return deployable.map(({ name, value, preset, meaning }) => [
    name,
    String(value),
    value === preset ? "as by default" : String(preset),
    meaning,
  ]);
}

function loadRows({ rates, plan: { loads, settings } }: PlanFindings): string[][] {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [
    ["web", `${count(rates.webPerSecond)}/s each`, percent(loads.web), rates.webSource],
    ["worker", `${count(rates.workerPerSecond)}/s each`, percent(loads.worker), rates.workerSource],
    ["table", `${count(settings.warmWritesPerSecond)}/s`, percent(loads.table), "tableWarmWritesPerSecond"],
  ];
}

function comparisonRows({ plan: { planned, oneLost, defaults } }: PlanFindings): string[][] {
  const columns = [planned, oneLost, defaults.atOpening, defaults.atAnotherTime];
  const row = (name: string, read: (outcome: Outcome) => string) => [name, ...columns.map(read)];
  return [
    row("instances at the start", ({ series }) => `${series.webInstances[0]} and ${series.workerInstances[0]}`),
    row("requests shed, sent again", (outcome) => count(outcome.shedRequests)),
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

const parts = { web: "the web tier", worker: "the worker tier", table: "the table" } as const;

function headroomSentence({ attendees, plan: { breaksFirst, holdsTimes } }: PlanFindings): string {
  if (holdsTimes < 1) return `There is no headroom: ${parts[breaksFirst]} reaches its limit first.`;
  const atLeast = holdsTimes >= 10 ? "at least " : "";
  const more = `${atLeast}${count(attendees * holdsTimes)} people (${holdsTimes.toFixed(1)} times as many)`;
  return `Headroom: in the same time it takes ${more}; then ${parts[breaksFirst]} reaches its limit first.`;
}

function defaultsSentence({ plan: { defaultsSuffice, defaults } }: PlanFindings): string {
  if (defaultsSuffice) return "At the opening the default settings serve everybody in time as well.";
  const { shedRequests, worstAcceptWaitSeconds, worstStoreWaitSeconds } = defaults.atOpening;
  const shed = shedRequests < 1 ? "nothing is shed" : `${count(shedRequests)} requests are shed and sent again`;
  const waits = `the last is accepted after ${formatSeconds(worstAcceptWaitSeconds)} and confirmed up to ${formatSeconds(worstStoreWaitSeconds)} later`;
  return `With the default settings at the opening ${shed}; ${waits}.`;
}

function leadSentence({ plan: { settings } }: PlanFindings): string {
  return `The deployment raises both tiers by itself ${formatSeconds(settings.leadSeconds)} before opensAt of the event file. For a rush at another time, such as after a mailing, set webMinInstances and workerMinInstances to the same numbers before it.`;
}

function headline({ attendees, seconds }: PlanFindings): string {
  return `${count(attendees)} people in ${formatSeconds(seconds)}`;
}

const chartWidth = 60;
const settingsHead = ["set", "to", "default", "which is"];
const loadsHead = ["part", "takes", "needed", "the figure is"];
const comparisonHead = [
  "web and worker",
  "this plan",
  "one of each lost",
  "defaults, at opening",
  "defaults, otherwise",
];
export function showPlan({ print, printTable, colors }: Terminal, findings: PlanFindings): void {
  const { plan, deployable } = findings;
  print(`${colors.bold(`Plan for ${headline(findings)}`)}\n`);
  for (const shortfall of plan.shortfalls) print(colors.yellow(shortfall));
  printTable(settingsHead, settingRows(findings));
  print(`\nWith your own settings, such as stackName:\n  ${colors.cyan(deployCommand(deployable))}`);
  print(`${leadSentence(findings)}\n`);
  printTable(loadsHead, loadRows(findings));
  print("");
  printTable(comparisonHead, comparisonRows(findings));
  print(defaultsSentence(findings));
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
  for (const sentence of costSentences(findings)) print(sentence);
  print(`\n${headroomSentence(findings)}`);
}

export function planPage(findings: PlanFindings): Report {
  const { plan, deployable } = findings;
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
      ...plan.shortfalls,
      `Deploy with your own settings and: ${deployCommand(deployable)}`,
      leadSentence(findings),
      headroomSentence(findings),
      defaultsSentence(findings),
      ...costSentences(findings),
    ],
    tables: [
      { title: "What to set", head: settingsHead, rows: settingRows(findings) },
      { title: "What each part takes, and how much of it is needed", head: loadsHead, rows: loadRows(findings) },
      { title: "What to expect", head: comparisonHead, rows: comparisonRows(findings) },
      {
        title: "What it costs",
        head: costHead,
        rows: costRows(findings),
      },
    ],
    charts: [
      ...charts("With this plan", plan.planned),
      ...charts("With the default settings, at the opening", plan.defaults.atOpening),
    ],
  };
}
