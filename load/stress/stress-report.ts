/** The result of a stress run: as JSON, in the terminal, and as a page. */
import { Type, type Static } from "typebox";
import { AuditReport } from "../../admin/audit/audit-report.ts";
import { auditLines, auditRows } from "../../admin/audit/audit-rows.ts";
import type { Report } from "../chart/report-page.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Terminal } from "../../terminal/terminal.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Milliseconds = Type.Union([Type.Number(), Type.Null()]);
const Quantiles = (description: string) =>
  Type.Object({ p50: Milliseconds, p95: Milliseconds, p99: Milliseconds, max: Milliseconds }, { description });

const StressStep = Type.Object(
  {
    ratePerSecond: Count("requests each second that the step was to send"),
    seconds: Type.Number({ minimum: 0, description: "for how long it sent" }),
    offered: Count("requests that were due: the sum of the next five"),
    accepted: Count("answered 202"),
    shed: Count("503 and 429; these are not retried, so that the rate stays as asked for"),
    refused: Count("any other 4xx"),
    failed: Count("any other answer, a broken connection, no answer in time"),
    unsent: Count("not sent because all connections were in use"),
    shedWithoutRetryAfter: Count("of those shed; should be 0"),
    because: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: "how often each answer other than 202 came",
    }),
    acceptedPerSecond: Type.Number({ minimum: 0 }),
    acceptMs: Quantiles("from the moment the request was due, not from the sending, to the 202"),
    storedAfterMs: Quantiles("from acceptance to the table, by the times in the table; null if not read"),
    generator: Type.Object({
      utilization: Type.Number({ minimum: 0, maximum: 1, description: "how busy its event loop was" }),
      lagP99Ms: Type.Number({ minimum: 0, description: "how late it sent" }),
      lagMaxMs: Type.Number({ minimum: 0 }),
    }),
    limit: Type.Enum(["none", "service", "generator", "both"], { description: "what reached a limit" }),
    limitBecause: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);

export type StressStep = Static<typeof StressStep>;

/** What `turnout stress --json` prints. */
export const StressReport = Type.Object(
  {
    passed: Type.Boolean({ description: "ran to its end, and the audit passed; reaching a limit is no failure" }),
    interrupted: Type.Boolean({ description: "stopped on request: only the steps begun until then, and no audit" }),
    target: Type.String(),
    at: Type.String({ description: "when it ended: ISO 8601, UTC" }),
    seed: Type.Integer({ description: "makes the same people again" }),
    sharedMachine: Type.Boolean({
      description: "generator and service run on one machine and take CPU from each other",
    }),
    steps: Type.Array(StressStep),
    sustainedPerSecond: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "accepted each second in the fastest step without a limit; null if there was none",
    }),
    peakStoredPerSecond: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "most that the workers stored each second, averaged over five seconds; null if nothing was stored",
    }),
    conclusion: Type.String(),
    drainSeconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "from the end of the load until the queues were empty",
    }),
    audit: Type.Union([AuditReport, Type.Null()]),
    ledger: Type.Union([Type.String(), Type.Null()], { description: "where the ledger was kept" }),
    page: Type.Union([Type.String(), Type.Null()], { description: "where the page was written" }),
  },
  { additionalProperties: false },
);

export type StressReport = Static<typeof StressReport>;

/** A value for each second of load; the pauses between the steps are left out. */
export interface StressSeries {
  readonly offered: readonly number[];
  readonly accepted: readonly number[];
  readonly shed: readonly number[];
  readonly failed: readonly number[];
  readonly acceptP50Ms: readonly number[];
  readonly acceptP99Ms: readonly number[];
  readonly storedAfterP50Ms: readonly number[];
  readonly storedAfterMaxMs: readonly number[];
  readonly messages: readonly number[];
  /** Of the generator's event loop, percent. */
  readonly generatorPercent: readonly number[];
  /** Index of the first second of each step. */
  readonly stepStarts: readonly number[];
}

const count = (value: number) => value.toLocaleString("en");

function milliseconds(value: number | null): string {
  if (value === null) return "-";
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

/** @returns one line about a step that has just ended */
export function describeStep({ ratePerSecond, acceptedPerSecond, acceptMs, shed, failed, limit }: StressStep): string {
  const parts = [
    `${count(ratePerSecond)}/s: ${count(acceptedPerSecond)} accepted/s`,
    `p50 ${milliseconds(acceptMs.p50)}, p99 ${milliseconds(acceptMs.p99)}`,
    ...(shed > 0 ? [`${count(shed)} shed`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(limit === "none" ? [] : [`limit: ${limit}`]),
  ];
  return parts.join("; ");
}

const stepsHead = [
  "offered/s",
  "accepted/s",
  "latency p50",
  "p95",
  "p99",
  "max",
  "shed",
  "rejected",
  "failed",
  "stored p50",
  "p99",
  "limit",
];

function stepRow({ acceptMs, storedAfterMs, ...step }: StressStep): string[] {
  return [
    count(step.ratePerSecond),
    count(step.acceptedPerSecond),
    milliseconds(acceptMs.p50),
    milliseconds(acceptMs.p95),
    milliseconds(acceptMs.p99),
    milliseconds(acceptMs.max),
    count(step.shed),
    count(step.refused),
    count(step.failed),
    milliseconds(storedAfterMs.p50),
    milliseconds(storedAfterMs.p99),
    step.limit,
  ];
}

const generatorHead = ["offered/s", "busy", "late p99", "max", "unsent, connections in use"];

function generatorRow({ ratePerSecond, generator, unsent }: StressStep): string[] {
  return [
    count(ratePerSecond),
    `${Math.round(generator.utilization * 100)} %`,
    milliseconds(generator.lagP99Ms),
    milliseconds(generator.lagMaxMs),
    count(unsent),
  ];
}

const auditMeaning = "registrations, each in one of the places that follow";

function drainedRow({ drainSeconds }: StressReport): string[] {
  return ["drained after", drainSeconds === null ? "-" : formatSeconds(drainSeconds), "from the end of the load"];
}

function auditTable(audit: AuditReport, report: StressReport): string[][] {
  const { places, findings } = auditRows(audit);
  return [
    ["accepted", count(audit.accepted), auditMeaning],
    ...[...places, ...findings].map((row) => [row.name, count(row.count), row.meaning]),
    drainedRow(report),
  ];
}

function answerRows({ steps }: StressReport): string[][] {
  return steps.flatMap(({ ratePerSecond, because }) =>
    Object.entries(because).map(([answer, times]) => [count(ratePerSecond), answer, count(times)]),
  );
}

function auditSentence({ audit, interrupted, drainSeconds }: StressReport): string {
  if (interrupted) return "It was stopped before its end, so nothing was audited.";
  if (audit === null) return "Nothing was audited.";
  return audit.passed
    ? `The audit passed: each of the ${count(audit.accepted)} accepted registrations is accounted for, none is lost. The queue was empty ${formatSeconds(drainSeconds ?? 0)} after the load.`
    : "THE AUDIT FAILED: see its table.";
}

const sharedSentence =
  "Generator and service share this machine and take CPU from each other: the figures are lower bounds.";

export function showStress({ print, printTable, colors }: Terminal, report: StressReport): void {
  printTable(stepsHead, report.steps.map(stepRow));
  print("");
  printTable(["generator", ...generatorHead.slice(1)], report.steps.map(generatorRow));
  for (const [rate, answer, times] of answerRows(report)) print(colors.dim(`  at ${rate}/s: ${times} × ${answer}`));
  print("");
  if (report.audit !== null) {
    const head = ["accepted", count(report.audit.accepted), auditMeaning];
    printTable(head, [...auditLines(report.audit, colors), drainedRow(report)]);
    print("");
  }
  print(colors.bold(report.conclusion));
  if (report.sharedMachine) print(sharedSentence);
  if (report.ledger !== null) print(colors.dim(`Ledger: ${report.ledger}`));
  if (report.page !== null) print(colors.dim(`Wrote ${report.page}`));
  print(report.passed ? colors.green(auditSentence(report)) : colors.red(auditSentence(report)));
}

/** Keeps a number and its unit on one line. */
function onOneLine(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row) => row.map((cell) => cell.replaceAll(/(?<=\d) (?=ms$|s$|%$)/g, "\u00a0")));
}

export function stressPage(report: StressReport, series: StressSeries): Report {
  const marks = report.steps.map(({ ratePerSecond }, index) => ({
    at: series.stepStarts[index] ?? 0,
    label: `${count(ratePerSecond)}/s`,
  }));
  const chart = (title: string, unit: string, lines: Readonly<Record<string, readonly number[]>>) => ({
    title,
    unit,
    stepSeconds: 1,
    marks,
    series: Object.entries(lines).map(([name, values]) => ({ name, values })),
  });
  const answers = answerRows(report);
  const stored = series.storedAfterMaxMs.length > 0;
  return {
    title: `Stress run against ${report.target}`,
    summary: [
      report.conclusion,
      auditSentence(report),
      `${report.at.slice(0, 16).replace("T", " ")} UTC. Requests were sent at random moments, whether or not earlier ones were answered, and latency counts from those moments. Shed requests were not retried.`,
      ...(report.sharedMachine ? [sharedSentence] : []),
    ],
    tables: [
      { title: "Step by step", head: stepsHead, rows: onOneLine(report.steps.map(stepRow)) },
      { title: "Generator", head: generatorHead, rows: onOneLine(report.steps.map(generatorRow)) },
      ...(answers.length > 0
        ? [{ title: "Answers other than 202", head: ["offered/s", "answer", "times"], rows: answers }]
        : []),
      ...(report.audit === null
        ? []
        : [{ title: "Audit", head: ["", "registrations", ""], rows: auditTable(report.audit, report) }]),
    ],
    charts: [
      chart("Offered, accepted, not accepted", "requests each second", {
        offered: series.offered,
        accepted: series.accepted,
        shed: series.shed,
        "rejected or failed": series.failed,
      }),
      chart("Latency until accepted", "milliseconds", { p50: series.acceptP50Ms, p99: series.acceptP99Ms }),
      ...(stored
        ? [
            chart("From accepted to stored", "milliseconds", {
              p50: series.storedAfterP50Ms,
              max: series.storedAfterMaxMs,
            }),
          ]
        : []),
      chart("Queue depth", "messages", { messages: series.messages }),
      chart("Generator", "% of its time", { busy: series.generatorPercent }),
    ],
  };
}
