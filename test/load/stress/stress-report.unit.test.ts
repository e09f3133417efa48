import { PassThrough } from "node:stream";
import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import { reportPage } from "../../../load/chart/report-page.ts";
import {
  describeStep,
  showStress,
  stressPage,
  StressReport,
  type StressSeries,
} from "../../../load/stress/stress-report.ts";
import { createTerminal } from "../../../terminal/terminal.ts";

const none = { p50: null, p95: null, p99: null, max: null };
const step: StressReport["steps"][number] = {
  ratePerSecond: 1_200,
  seconds: 2,
  offered: 2_400,
  accepted: 1_800,
  shed: 590,
  refused: 0,
  failed: 10,
  unsent: 0,
  shedWithoutRetryAfter: 0,
  because: { "503 TURNOUT_OVERLOADED": 590, "no answer ECONNRESET": 10 },
  acceptedPerSecond: 900,
  acceptMs: { p50: 12.4, p95: 80, p99: 1_234, max: 2_000 },
  storedAfterMs: { p50: 30, p95: 40, p99: 5_000, max: 6_000 },
  generator: { utilization: 0.456, lagP99Ms: 7, lagMaxMs: 22 },
  limit: "service",
  limitBecause: ["The service: asked 25 % to come back."],
};
const report: StressReport = {
  passed: true,
  interrupted: false,
  target: "http://127.0.0.1:3000",
  at: "2026-03-01T10:00:00.000Z",
  seed: 7,
  sharedMachine: true,
  steps: [step],
  sustainedPerSecond: null,
  peakStoredPerSecond: 410.2,
  conclusion: "Even the first step reached a limit.",
  drainSeconds: 75,
  audit: {
    passed: true,
    drained: true,
    headlessLedgers: 0,
    ledgerLines: 2_400,
    accepted: 1_800,
    stored: 1_799,
    duplicates: 0,
    withoutOutcome: 0,
    erased: 0,
    withdrawn: 0,
    deadLettered: 1,
    queued: 0,
    lost: 0,
    both: 0,
    duplicated: 0,
    unexpected: 0,
    corrupt: 0,
    expiredAnswersKept: 0,
    recovered: 2,
    others: 0,
    corrections: 0,
    withdrawals: 0,
    stale: 0,
    changesQueued: 0,
    mailsSent: 0,
    mailsExplained: 0,
    mailsQueued: 0,
    mailsMissing: 0,
    examples: {
      lost: [],
      queued: [],
      duplicated: [],
      unexpected: [],
      corrupt: [],
      expiredAnswersKept: [],
      stale: [],
      mailsMissing: [],
    },
    seconds: 1,
    at: "2026-03-01T10:00:00.000Z",
  },
  ledger: "run.jsonl",
  page: "stress.html",
};
const series: StressSeries = {
  offered: [1_200, 1_200],
  accepted: [900, 900],
  shed: [295, 295],
  failed: [5, 5],
  acceptP50Ms: [12, 13],
  acceptP99Ms: [1_000, 1_200],
  storedAfterP50Ms: [30, 30],
  storedAfterMaxMs: [5_000, 6_000],
  messages: [3, 40],
  generatorPercent: [45, 46],
  stepStarts: [0],
};

function shown(of: StressReport): string {
  let text = "";
  const stdout = new PassThrough({ encoding: "utf8" });
  const streams = { stdin: stdout, stdout, stderr: new PassThrough() } as unknown as Parameters<
    typeof createTerminal
  >[0];
  showStress(createTerminal(streams, {}), of);
  for (let chunk = stdout.read() as string | null; chunk !== null; chunk = stdout.read() as string | null)
    text += chunk;
  return text;
}

t.test("the terminal shows each step, who gave way, why, and what the audit found", async (t) => {
  t.strictSame(Compile(StressReport).Errors(report), [], "control: a report as it is printed");
  const text = shown(report);
  t.match(text, /1,200 +900 +12 ms +80 ms +1\.2 s +2\.0 s +590 +0 +10 +30 ms +5\.0 s +service/);
  t.match(text, /1,200 +46 % +7 ms +22 ms +0/);
  t.match(text, "590 × 503 TURNOUT_OVERLOADED");
  t.match(text, /lost +0/);
  t.match(text, "Even the first step reached a limit.");
  t.match(text, "lower bounds");
  t.match(text, "each of the 1,800 accepted registrations is accounted for");
});

t.test("a run that was stopped, and one that failed its audit, do not look like one that passed", async (t) => {
  const stopped = { ...report, passed: false, interrupted: true, audit: null, drainSeconds: null };
  t.match(shown(stopped), /stopped before its end/);
  t.notMatch(shown(stopped), /accounted for/);
  const failed = { ...report, passed: false, audit: { ...report.audit!, passed: false, lost: 1 } };
  t.match(shown(failed), "THE AUDIT FAILED");
});

t.test("a line for each step as it ends", async (t) => {
  t.equal(describeStep(step), "1,200/s: 900 accepted/s; p50 12 ms, p99 1.2 s; 590 shed; 10 failed; limit: service");
  const idle = { ...step, accepted: 0, shed: 0, failed: 0, acceptMs: none, limit: "none" as const };
  t.equal(describeStep(idle), "1,200/s: 900 accepted/s; p50 -, p99 -");
});

t.test("the page has the tables and a chart of each figure, in which the steps are marked", async (t) => {
  const page = reportPage(stressPage(report, series));
  t.equal(page.match(/<svg/g)?.length, 5);
  t.match(page, "1,200/s</text>");
  for (const title of ["Step by step", "Generator", "Answers other than 202", "Audit"]) {
    t.match(page, `<h2>${title}</h2>`);
  }
  const without = { ...series, storedAfterP50Ms: [], storedAfterMaxMs: [] };
  const stopped = reportPage(stressPage({ ...report, audit: null, steps: [{ ...step, because: {} }] }, without));
  t.equal(stopped.match(/<svg/g)?.length, 4);
  t.notMatch(stopped, "Audit");
});
