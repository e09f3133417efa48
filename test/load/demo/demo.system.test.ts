import { join } from "node:path";
import t, { type Test } from "tap";
import { Compile } from "typebox/compile";
import { DemoReport } from "../../../load/demo/demo-report.ts";
import { runDemo, type DemoOptions } from "../../../load/demo/demo.ts";
import { createRejectedRows } from "../../../load/demo/rejected-rows.ts";
import { openLedger } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { createCrowd } from "../../../load/people/crowd.ts";
import { loadEvent } from "../../../shared/registration/event-definition.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { startEngines, type Engines } from "../../equipment/admin-engines.ts";

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));
const check = Compile(DemoReport);
let runs = 0;

async function demo(t: Test, { stack, connection }: Engines, changes: Partial<DemoOptions> = {}) {
  runs += 1;
  const ledgerPath = join(t.testdir(), `${runs}.jsonl`);
  const { web = "", worker } = stack.urls;
  return runDemo({
    deployment: { webUrl: web, workerUrl: worker, connection, own: false, close: async () => {} },
    event,
    items: createCrowd({ count: 400, seed: runs, event }),
    seed: runs,
    concurrency: 16,
    ledger: openLedger(ledgerPath, await readStackIdentity(connection.sqs, connection.queueUrl)),
    ledgerPath,
    total: 400,
    rejected: createRejectedRows(undefined),
    stallSeconds: 30,
    signal: new AbortController().signal,
    onProgress() {},
    onCutShort() {},
    ...changes,
  });
}

t.test("a run on a stack with both tiers", async (t) => {
  const engines = await startEngines(t, ["web", "worker"]);

  await t.test("accounts for every request, and measures the way of it", async (t) => {
    const report = await demo(t, engines);
    t.strictSame(check.Errors(report), []);
    t.match(report, {
      passed: true,
      requests: 400,
      accepted: 400,
      lost: 0,
      queued: 0,
      givenUp: 0,
      givenUpBecause: {},
      refused: 0,
    });
    t.equal(report.stored + report.duplicatesFolded, 400);
    t.ok(report.secondRegistrations > 0 && report.secondClicks > 0, "the crowd has some of each");
    for (const { p50, p99 } of [report.acceptMs, report.storedAfterMs]) t.ok(p50! > 0 && p99! >= p50!);
    t.ok(report.registrationsPerPack! >= 1);
    t.ok(report.registrationsPerWriteCall! >= 1 && report.registrationsPerWriteCall! <= 25);
    t.notOk(report.figuresIncomplete);
  });

  await t.test("stopped in the middle, it says what was done", async (t) => {
    const stop = new AbortController();
    let said = "";
    const run = demo(t, engines, {
      signal: stop.signal,
      onProgress({ doing, done }) {
        if (done === 50 && doing === "registering") stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "x"));
      },
      onCutShort: (done) => (said = done),
    });
    await t.rejects(run, { code: "TURNOUT_INTERRUPTED" });
    const [requests, accepted] = [...said.matchAll(/\d+/g)].map(Number);
    t.ok(requests! >= 50 && requests! < 100, said);
    t.equal(accepted, requests);
  });

  await t.test("what the worker leaves on the queue is queued and not lost, and no pass", async (t) => {
    engines.stack.kill("worker", "SIGSTOP");
    t.teardown(() => engines.stack.kill("worker", "SIGCONT"));
    const report = await demo(t, engines, { items: createCrowd({ count: 20, seed: 99, event }), stallSeconds: 1 });
    t.match(report, { passed: false, accepted: 20, stored: 0, lost: 0 });
    t.equal(report.queued, report.audit.accepted);
  });
});

t.test("a closed door ends the run at once, in the door's own words", async (t) => {
  const closed = { ...event, opensAt: "2020-01-01T00:00:00Z", closesAt: "2020-01-02T00:00:00Z" };
  const file = t.testdir({ "event.json": JSON.stringify(closed) });
  const engines = await startEngines(t, ["web"], { EVENT_FILE: join(file, "event.json") });
  let said = "";
  await t.rejects(demo(t, engines, { onCutShort: (done) => (said = done) }), { code: "TURNOUT_CLOSED" });
  t.match(said, /^\d{1,2} requests were sent, 0 of them/);
});
