import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Compile } from "typebox/compile";
import t from "tap";
import { readStressReport } from "../../../load/plan/stress-figures.ts";
import { lastStressFile } from "../../../load/stress/last-result.ts";
import { StressReport } from "../../../load/stress/stress-report.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { eventually } from "../../equipment/eventually.ts";
import { readMetric } from "../../equipment/metrics.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

t.test("a target that is not this machine is refused before anything is sent", async (t) => {
  const { code, stderr, stdout } = await runCommand(["stress", "--url", "https://register.example.org"]);
  t.equal(code, 2);
  t.match(stderr, /register\.example\.org is another machine[\s\S]*--i-own-this-target[\s\S]*TURNOUT_USAGE_INVALID/);
  t.equal(stdout, "");
});

t.test("what makes no sense, or is too much, is refused with the usage, exit 2", async (t) => {
  for (const args of [
    ["--steps", "fast"],
    ["--seconds", "0"],
    ["--url", "ftp://127.0.0.1"],
    ["--connections", "0"],
    ["--steps", "50000", "--seconds", "600"],
    ["--event", "none"],
  ]) {
    const { code, stderr } = await runCommand(["stress", ...args]);
    t.equal(code, 2, args.join(" "));
    t.ok(stderr.length > 0);
    t.notMatch(stderr, /\n\s+at /, "no stack");
  }
});

t.test("--help explains, with examples", async (t) => {
  const { code, stdout } = await runCommand(["stress", "--help"]);
  t.equal(code, 0);
  for (const part of ["Examples:", "--i-own-this-target", "default: 100,200,400,800", "Exit codes"])
    t.match(stdout, part);
});

t.test("against a stack that runs", async (t) => {
  const { env: ports, stack } = await startEngines(t, ["web", "worker"]);
  const { web = "", worker = "" } = stack.urls;
  const TURNOUT_RUN_FOLDER = mkdtempSync(join(tmpdir(), "turnout-run-"));
  t.teardown(() => rmSync(TURNOUT_RUN_FOLDER, { recursive: true, force: true }));
  const env = { ...ports, WEB_PORT: new URL(web).port, WORKER_PORT: new URL(worker).port, TURNOUT_RUN_FOLDER };

  await t.test(
    "--json prints one document of its schema, the page and the ledger lie where they were asked for",
    async (t) => {
      const folder = t.testdir();
      const [html, ledger] = [join(folder, "stress.html"), join(folder, "run.jsonl")];
      const line = ["stress", "--steps", "20,60", "--seconds", "1", "--html", html, "--ledger", ledger, "--json"];
      const run = await runCommand(line, { env });
      t.equal(run.code, 0, run.stderr);
      const report = run.json();
      t.strictSame(Compile(StressReport).Errors(report), []);
      t.match(report, { passed: true, target: web.replace(/\/$/, ""), page: html, ledger });
      t.match(run.stderr, /20\/s: .*\n60\/s: /, "step by step");
      t.ok((report as StressReport).peakStoredPerSecond! > 0);
      t.strictSame(readStressReport(lastStressFile(env)), report, "kept for the plan");
      t.match(readFileSync(html, "utf8"), "<svg");
      const lines = readFileSync(ledger, "utf8").trim().split("\n");
      const { audit } = report as StressReport;
      t.equal(audit?.ledgerLines, lines.length - 1, "the head is no attempt");
      t.equal(audit?.stored, audit?.accepted);
    },
  );

  await t.test("stopped by Ctrl-C it shows what was measured, exit 1, and says where the ledger is", async (t) => {
    const stop = new AbortController();
    const accepted = () => readMetric(web, "turnout_registrations_accepted_total");
    const before = await accepted();
    const running = runCommand(["stress", "--steps", "30", "--seconds", "300"], { env, signal: stop.signal });
    await eventually(async () => (await accepted()) > before + 30, "it sends");
    stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT."));
    const run = await running;
    t.equal(run.code, 1);
    t.match(run.stdout, /^offered\/s/);
    const ledger = /Ledger: (.*ledger\.jsonl)/.exec(run.stdout)?.[1] ?? "";
    t.ok(existsSync(ledger), ledger);
    rmSync(dirname(ledger), { recursive: true });
    t.match(run.stdout, /stopped before its end/);
    t.match(run.stderr, /Stopped on request/);
  });
});
