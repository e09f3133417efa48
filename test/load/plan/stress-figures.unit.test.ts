import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { readStressReport, stressRates } from "../../../load/plan/stress-figures.ts";
import { sampleStressReport } from "../stress/sample-report.ts";

t.test("a limit that was met is measured; where none was met the rate is a lower bound, and says so", async (t) => {
  const report = sampleStressReport();
  t.match(stressRates(report, { web: 2, worker: 1 }), {
    webPerSecond: 1_000,
    webSource: /^measured by turnout stress of 2027-01-30 on https/,
    workerPerSecond: 1_500,
    workerSource: /^at least/,
  });
  const unlimited = { ...report, steps: report.steps.map((step) => ({ ...step, limit: "none" as const })) };
  t.match(stressRates(unlimited, { web: 2, worker: 1 }).webSource, /^at least/);
  t.match(stressRates({ ...report, drainSeconds: 60 }, { web: 2, worker: 1 }).workerSource, /^measured/);
});

t.test("a run that measured nothing gives nothing", async (t) => {
  const report = { ...sampleStressReport(), sustainedPerSecond: null, peakStoredPerSecond: null };
  t.same(stressRates(report, { web: 1, worker: 1 }), {});
});

t.test("what is no report is refused, with the way to one", async (t) => {
  const file = join(t.testdir(), "report.json");
  for (const text of ["{", "{}"]) {
    writeFileSync(file, text);
    t.throws(() => readStressReport(file), { code: "TURNOUT_USAGE_INVALID" });
  }
  writeFileSync(file, JSON.stringify(sampleStressReport()));
  t.same(readStressReport(file), sampleStressReport());
});
