/** The demo as somebody runs it: as a process, against a stack with both tiers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Compile } from "typebox/compile";
import { DemoReport } from "../../load/demo/demo-report.ts";
import { probe } from "../../local/http-probe.ts";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import { eventually } from "../equipment/eventually.ts";
import { readMetric } from "../equipment/metrics.ts";

const main = join(import.meta.dirname, "../../load/demo/main.ts");
const check = Compile(DemoReport);

function startDemo(t: Test, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  t.teardown(() => child.kill("SIGTERM"));
  const texts = { stdout: "", stderr: "" };
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
  return { child, texts, exit: once(child, "close").then(([code]) => code as number | null) };
}

function portsOf({ urls }: LocalStack): Record<string, string> {
  const port = (url = "") => new URL(url).port;
  return {
    WEB_PORT: port(urls.web),
    WORKER_PORT: port(urls.worker),
    SQS_PORT: port(urls.sqs),
    DYNAMODB_PORT: port(urls.dynamodb),
  };
}

function readReport(stdout: string): DemoReport {
  const report: unknown = JSON.parse(stdout);
  if (!check.Check(report)) throw new Error(JSON.stringify(check.Errors(report)));
  return report;
}

t.test("on a stack that runs", async (t) => {
  const restarted: string[] = [];
  const stack = createLocalStack({ reporter: { restarted: (name, how) => restarted.push(`${name} ${how}`) } });
  t.teardown(() => stack.stop());
  const { web = "" } = await stack.start();

  await t.test("a kill -9 of the worker in the middle of a run loses nobody", async (t) => {
    const demo = startDemo(t, ["--count", "1200", "--json"], portsOf(stack));
    await eventually(
      async () => (await readMetric(web, "turnout_registrations_accepted_total")) > 500,
      "the run is under way",
      60_000,
    );
    t.ok(stack.kill("worker", "SIGKILL"));
    t.equal(await demo.exit, 0, demo.texts.stderr);
    const report = readReport(demo.texts.stdout);
    t.match(report, { passed: true, requests: 1_200, accepted: 1_200, lost: 0, queued: 0 });
    t.equal(report.stored + report.duplicatesFolded, 1_200);
    await eventually(() => restarted.length > 0, "the worker is there again");
    t.strictSame(restarted, ["worker ended by SIGKILL"]);
  });

  await t.test("a file: good rows are registered, each bad one is told with its line, exit code 1", async (t) => {
    const file = join(t.testdir(), "people.csv");
    const rows = [
      "email,name,guests",
      "Ann@Example.org,Ann,2",
      "nobody,Bob,",
      " ann@example.ORG ,Ann again,",
      "cem@example.org,Cem,nine",
      "dora@example.org",
      "eve@example.org,Eve,4",
    ];
    writeFileSync(file, rows.join("\n"));
    const demo = startDemo(t, ["--file", file], portsOf(stack));
    t.equal(await demo.exit, 1);
    const { stdout } = demo.texts;
    t.match(stdout, /accepted +3 +of 5 requests/);
    t.match(stdout, /stored +2 /);
    t.match(stdout, /line 3: .*email/i);
    t.match(stdout, /line 5: .*guests/i);
    t.match(stdout, /line 6: has 1 cells/);
    t.match(stdout, /lost +0 /);
    const refused = readFileSync(`${file}.refused.jsonl`, "utf8").trim().split("\n");
    t.strictSame(
      refused.map((line) => (JSON.parse(line) as { line: number }).line).toSorted((a, b) => a - b),
      [3, 5, 6],
    );
    t.notMatch(refused.join(), /nobody|cem@/, "the reasons are kept, the people are not");

    const again = startDemo(t, ["--file", file, "--json"], portsOf(stack));
    t.equal(await again.exit, 1);
    t.match(readReport(again.texts.stdout), { accepted: 3, stored: 0, duplicatesFolded: 3, lost: 0 });
  });

  await t.test("the ledger can be kept", async (t) => {
    const ledger = join(t.testdir(), "ledger.jsonl");
    const demo = startDemo(t, ["--count", "10", "--ledger", ledger, "--json"], portsOf(stack));
    t.equal(await demo.exit, 0);
    t.equal(readReport(demo.texts.stdout).ledger, ledger);
    t.equal(readFileSync(ledger, "utf8").trim().split("\n").length, 1 + 10, "its head and an attempt each");
  });
});

t.test("where no stack runs it starts one, and Ctrl-C ends both, saying what was done", async (t) => {
  // Ports at which nobody listens: the demo must not find a stack of somebody else's.
  const nobody = { WEB_PORT: "9", WORKER_PORT: "9", SQS_PORT: "9", DYNAMODB_PORT: "9" };
  const demo = startDemo(t, ["--count", "50000", "--seed", "1"], nobody);
  const url = await eventually(() => /Event page (\S+)/.exec(demo.texts.stderr)?.[1], "it names its stack", 60_000);
  await eventually(
    async () => (await readMetric(url, "turnout_registrations_accepted_total")) > 100,
    "it sends",
    30_000,
  );
  demo.child.kill("SIGINT");
  t.equal(await demo.exit, 1);
  t.match(demo.texts.stderr, /requests were sent, [\d,]+ of them accepted\. They go with the stack/);
  t.match(demo.texts.stderr, /TURNOUT_INTERRUPTED/);
  t.equal(demo.texts.stdout, "");
  t.equal(await probe(url), undefined, "its stack is gone");
  t.notOk(existsSync(join(process.cwd(), "ledger.jsonl")));
});
