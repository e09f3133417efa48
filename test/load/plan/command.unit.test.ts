import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import { t } from "../../equipment/file-test.ts";
import { PlanReport } from "../../../load/plan/plan-report.ts";
import type { Environment } from "../../../shared/process/environment.ts";
import { readStackConfig } from "../../../infra/config.ts";
import { sampleStressReport } from "../stress/sample-report.ts";
import { runCommand } from "../../equipment/command-run.ts";

/** Nobody's stress run is in there. */
const quiet = { TURNOUT_RUN_FOLDER: "/none/such" };
const plan = (args: readonly string[], env: Environment = quiet) => runCommand(["plan", ...args], { env });

t.test("plan --json prints one document of its schema", async (t) => {
  const { code, stdout } = await plan(["--attendees", "200000", "--minutes", "5", "--json"]);
  t.equal(code, 0);
  const report: unknown = JSON.parse(stdout);
  t.same(Compile(PlanReport).Errors(report), []);
  t.match(report, { attendees: 200_000, seconds: 300, planned: { shedRequests: 0 } });
  const { settings } = report as PlanReport;
  t.match(readStackConfig(settings), settings, "a deployment takes them as they stand");
});

t.test("plan tells a person what to set, what to expect and what it costs", async (t) => {
  const { code, stdout } = await plan(["--attendees", "1000000", "--minutes", "5"]);
  t.equal(code, 0);
  for (const part of [
    "1,000,000 people in 5 min",
    "npm run deploy -- -c ",
    "tableWarmWritesPerSecond",
    "defaults, at opening",
    "one of each lost",
    "Headroom:",
    "estimated from the CPU time of the benchmark",
    "Sum",
  ]) {
    t.match(stdout, part);
  }
});

t.test("plan --html writes a page with charts", async (t) => {
  const file = join(t.testdir(), "plan.html");
  const { code } = await plan(["--html", file]);
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
    ["--from", "/none/such.json"],
  ]) {
    const { code, stderr } = await plan([...args]);
    t.equal(code, 2, args.join(" "));
    t.ok(stderr.length > 0);
    t.notMatch(stderr, /\n\s+at /, "no stack");
  }
});

t.test("rates come from a stress run, its instances named, and each says where it is from", async (t) => {
  const file = join(t.testdir(), "stress.json");
  writeFileSync(file, JSON.stringify(sampleStressReport()));
  const nameless = await plan(["--from", file]);
  t.equal(nameless.code, 2);
  t.match(nameless.stderr, "--measured-web");
  const args = ["--from", file, "--measured-web", "2", "--measured-workers", "1", "--json"];
  t.match((await plan(args)).json(), {
    rates: { webPerSecond: 1_000, webSource: /^measured/, workerPerSecond: 1_500 },
  });
  t.match((await plan([...args, "--web-rate", "7"])).json(), {
    rates: { webPerSecond: 7, webSource: "given with --web-rate", workerPerSecond: 1_500 },
  });
});

t.test("the last stress run on this machine is used only where it says something about a deployment", async (t) => {
  const TURNOUT_RUN_FOLDER = t.testdir();
  const env = { TURNOUT_RUN_FOLDER };
  const keep = (changes: object) =>
    writeFileSync(
      join(TURNOUT_RUN_FOLDER, "last-stress.json"),
      JSON.stringify({ ...sampleStressReport(), ...changes }),
    );
  keep({});
  t.match((await plan(["--measured-web", "2", "--measured-workers", "1", "--json"], env)).json(), {
    rates: { webPerSecond: 1_000 },
  });
  const unnamed = await plan(["--json"], env);
  t.match(unnamed.json(), { rates: { webSource: /benchmark/ } });
  t.match(unnamed.stderr, /is not used[^]*--measured-web/);
  keep({ sharedMachine: true });
  const shared = await plan(["--json"], env);
  t.match(shared.json(), { rates: { webSource: /benchmark/ } });
  t.match(shared.stderr, /shared this machine[^]*--from/);
});
