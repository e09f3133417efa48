import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import { PlanReport } from "../../../load/plan/plan-report.ts";
import { runCommand } from "../../equipment/command-run.ts";

t.test("plan --json prints one document of its schema", async (t) => {
  const { code, stdout } = await runCommand(["plan", "--attendees", "200000", "--minutes", "5", "--json"]);
  t.equal(code, 0);
  const report: unknown = JSON.parse(stdout);
  t.same(Compile(PlanReport).Errors(report), []);
  t.match(report, { attendees: 200_000, seconds: 300, planned: { shedRequests: 0 } });
});

t.test("plan tells a person what to set, what to expect and what it costs", async (t) => {
  const { code, stdout } = await runCommand(["plan", "--attendees", "1000000", "--minutes", "5"]);
  t.equal(code, 0);
  for (const part of [
    "1,000,000 people in 5 min",
    "warm writes/s",
    "with nothing prepared",
    "reaches its limit first",
    "Sum",
  ]) {
    t.match(stdout, part);
  }
});

t.test("plan --html writes a page with charts", async (t) => {
  const file = join(t.testdir(), "plan.html");
  const { code } = await runCommand(["plan", "--html", file]);
  t.equal(code, 0);
  t.equal(readFileSync(file, "utf8").match(/<svg/g)?.length, 6);
});

t.test("what cannot be is refused with the usage, exit 2", async (t) => {
  for (const args of [
    ["--attendees", "0"],
    ["--minutes", "x"],
    ["--shape", "square"],
    ["--web-type", "mainframe"],
    ["--arrivals", "/none/such.csv"],
  ]) {
    const { code, stderr } = await runCommand(["plan", ...args]);
    t.equal(code, 2, args.join(" "));
    t.ok(stderr.length > 0);
    t.notMatch(stderr, /\n\s+at /, "no stack");
  }
});
