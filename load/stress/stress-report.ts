/** What a stress run comes to: for a program, in the terminal, and as a page. */
import { Type, type Static } from "typebox";
import { AuditReport } from "../../admin/audit/audit-report.ts";
import type { Report } from "../chart/report-page.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { Cell } from "../../terminal/text-table.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Milliseconds = Type.Union([Type.Number(), Type.Null()]);
const Quantiles = (description: string) =>
  Type.Object({ p50: Milliseconds, p95: Milliseconds, p99: Milliseconds, max: Milliseconds }, { description });

const StressStep = Type.Object(
  {
    ratePerSecond: Count("people each second that the step was to send"),
    seconds: Type.Number({ minimum: 0, description: "for how long it sent" }),
    offered: Count("people who came: the sum of the next five"),
    accepted: Count("answered 202"),
    shed: Count("asked to come back: 503 and 429; nobody did, so that the load stays what it was to be"),
    refused: Count("any other 4xx"),
    failed: Count("any other answer, a broken connection, no answer in time"),
    unsent: Count("not sent, as all connections were in use"),
    shedWithoutRetryAfter: Count("of those shed; there should be none"),
    because: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: "how often each answer other than 202 came",
    }),
    acceptedPerSecond: Type.Number({ minimum: 0 }),
    acceptMs: Quantiles("from the moment somebody came, not from the sending, to the 202"),
    storedAfterMs: Quantiles("from the acceptance to the table, by the times in the table; null when not looked at"),
    generator: Type.Object({
      utilization: Type.Number({ minimum: 0, maximum: 1, description: "how busy its event loop was" }),
      lagP99Ms: Type.Number({ minimum: 0, description: "how late it sent" }),
      lagMaxMs: Type.Number({ minimum: 0 }),
    }),
    limit: Type.Enum(["none", "service", "generator", "both"], { description: "who reached a limit" }),
    limitBecause: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);

export type StressStep = Static<typeof StressStep>;

/** What `turnout stress --json` prints. */
export const StressReport = Type.Object(
  {
    passed: Type.Boolean({ description: "ran to its end, and the audit passed; reaching a limit is no failure" }),
    interrupted: Type.Boolean({ description: "stopped on request: the steps that had been begun, and no audit" }),
    target: Type.String(),
    at: Type.String({ description: "when it ended: ISO 8601, UTC" }),
    seed: Type.Integer({ description: "makes the same people again" }),
    sharedMachine: Type.Boolean({
      description: "generator and service run on one machine and take CPU from each other",
    }),
    steps: Type.Array(StressStep),
    sustainedPerSecond: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "accepted each second in the best step before anybody reached a limit; null when there was none",
    }),
    conclusion: Type.String(),
    drainSeconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: "from the end of the load until the queues were empty",
    }),
    audit: Type.Union([AuditReport, Type.Null()]),
    ledger: Type.Union([Type.String(), Type.Null()], { description: "where the ledger was kept" }),
    page: Type.Union([Type.String(), Type.Null()], { description: "where the page was written" }),
    picture: Type.Union([Type.String(), Type.Null()], { description: "where the picture was written" }),
  },
  { additionalProperties: false },
);

export type StressReport = Static<typeof StressReport>;

/** One after the other for each second of load; the pauses between the steps are left out. */
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
  /** In which of these seconds each step begins. */
  readonly stepStarts: readonly number[];
}

const count = (value: number) => value.toLocaleString("en");

function milliseconds(value: number | null): string {
  if (value === null) return "-";
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

/** One line for a step that has just ended: what somebody who waits wants to know. */
export function describeStep({ ratePerSecond, acceptedPerSecond, acceptMs, shed, failed, limit }: StressStep): string {
  const parts = [
    `${count(ratePerSecond)}/s: ${count(acceptedPerSecond)} accepted/s`,
    `p50 ${milliseconds(acceptMs.p50)}, p99 ${milliseconds(acceptMs.p99)}`,
    ...(shed > 0 ? [`${count(shed)} asked to come back`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(limit === "none" ? [] : [`limit: ${limitWords[limit]}`]),
  ];
  return parts.join("; ");
}

const limitWords = { none: "none", service: "service", generator: "generator", both: "both" } as const;

const stepsHead = [
  "offered/s",
  "accepted/s",
  "wait p50",
  "p95",
  "p99",
  "max",
  "asked back",
  "refused",
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
    limitWords[step.limit],
  ];
}

const generatorHead = ["offered/s", "busy", "late p99", "max", "unsent, all connections in use"];

function generatorRow({ ratePerSecond, generator, unsent }: StressStep): string[] {
  return [
    count(ratePerSecond),
    `${Math.round(generator.utilization * 100)} %`,
    milliseconds(generator.lagP99Ms),
    milliseconds(generator.lagMaxMs),
    count(unsent),
  ];
}

function auditRows({ audit, drainSeconds }: StressReport): string[][] {
  if (audit === null) return [];
  return [
    ["accepted", count(audit.accepted), "the sum of the next five"],
    ["stored", count(audit.stored), "in the table, each once"],
    ["duplicates", count(audit.duplicates), "the address was already registered"],
    ["dead-lettered", count(audit.deadLettered), "kept as dead letters"],
    ["still queued", count(audit.queued), "not found, and the queue is not drained"],
    ["lost", count(audit.lost), "accepted, and nowhere to be found"],
    ["duplicated, unexpected, corrupt", count(audit.duplicated + audit.unexpected + audit.corrupt), "must be 0"],
    ["recovered", count(audit.recovered), "without an answer, and stored all the same"],
    ["drained after", drainSeconds === null ? "-" : formatSeconds(drainSeconds), "from the end of the load"],
  ];
}

function answerRows({ steps }: StressReport): string[][] {
  return steps.flatMap(({ ratePerSecond, because }) =>
    Object.entries(because).map(([answer, times]) => [count(ratePerSecond), answer, count(times)]),
  );
}

function auditSentence({ audit, interrupted, drainSeconds }: StressReport): string {
  if (interrupted) return "It was stopped before its end, and nothing was audited.";
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
    const must = new Set(["still queued", "lost", "duplicated, unexpected, corrupt"]);
    const [head = [], ...rows] = auditRows(report);
    const painted = rows.map(([name = "", value = "", meaning = ""]): Cell[] => [
      name,
      must.has(name) ? { text: value, paint: value === "0" ? colors.green : colors.red } : value,
      meaning,
    ]);
    printTable(head, painted);
    print("");
  }
  print(colors.bold(report.conclusion));
  if (report.sharedMachine) print(sharedSentence);
  if (report.ledger !== null) print(colors.dim(`Ledger: ${report.ledger}`));
  for (const file of [report.page, report.picture]) if (file !== null) print(colors.dim(`Wrote ${file}`));
  print(report.passed ? colors.green(auditSentence(report)) : colors.red(auditSentence(report)));
}

/** A figure and its unit are not parted. */
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
      `${report.at.slice(0, 16).replace("T", " ")} UTC. People came at random moments whether or not earlier ones were answered, and waits are counted from those moments. Nobody who was asked to come back did.`,
      ...(report.sharedMachine ? [sharedSentence] : []),
    ],
    tables: [
      { title: "Step by step", head: stepsHead, rows: onOneLine(report.steps.map(stepRow)) },
      { title: "The generator itself", head: generatorHead, rows: onOneLine(report.steps.map(generatorRow)) },
      ...(answers.length > 0
        ? [{ title: "Answers other than 202", head: ["offered/s", "answer", "times"], rows: answers }]
        : []),
      ...(report.audit === null
        ? []
        : [{ title: "What became of them", head: ["", "registrations", ""], rows: auditRows(report) }]),
    ],
    charts: [
      chart("Offered, accepted, turned away", "people each second", {
        offered: series.offered,
        accepted: series.accepted,
        "asked to come back": series.shed,
        "refused or failed": series.failed,
      }),
      chart("From coming to accepted", "milliseconds", { median: series.acceptP50Ms, "99 of 100": series.acceptP99Ms }),
      ...(stored
        ? [
            chart("From accepted to stored", "milliseconds", {
              median: series.storedAfterP50Ms,
              longest: series.storedAfterMaxMs,
            }),
          ]
        : []),
      chart("Waiting on the queue", "messages", { messages: series.messages }),
      chart("The generator itself", "% of its time", { busy: series.generatorPercent }),
    ],
  };
}
