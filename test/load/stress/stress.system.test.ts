import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import t, { type Test } from "tap";
import { openLedger } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { StressReport } from "../../../load/stress/stress-report.ts";
import { runStress, type StressOptions } from "../../../load/stress/stress.ts";
import { loadEvent } from "../../../shared/registration/event-definition.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));
const { connection, stack } = await startEngines(t, ["web", "worker"]);
let runs = 0;
const identity = await readStackIdentity(connection.sqs, connection.queueUrl);

function stress(t: Test, changes: Partial<StressOptions> = {}, webUrl = stack.urls.web ?? "") {
  runs += 1;
  const ledgerPath = join(t.testdir(), "ledger.jsonl");
  return runStress({
    deployment: { webUrl, workerUrl: stack.urls.worker, connection, own: false, close: async () => {} },
    event,
    rates: [40, 80],
    // So that a busy machine has time to send some in each.
    secondsPerStep: 3,
    seed: runs,
    maxConnections: 100,
    ledger: openLedger(ledgerPath, identity),
    ledgerPath,
    stallSeconds: 30,
    signal: new AbortController().signal,
    onProgress() {},
    onStepDone() {},
    ...changes,
  });
}

t.test("each step is measured, and the audit accounts for all that was accepted", async (t) => {
  const doings = new Set<string>();
  const done: number[] = [];
  const { report, series } = await stress(t, {
    onProgress: ({ doing }) => doings.add(doing),
    onStepDone: ({ ratePerSecond }) => done.push(ratePerSecond),
  });
  t.strictSame(Compile(StressReport).Errors(report), []);
  t.match(report, { passed: true, interrupted: false, sharedMachine: true, audit: { lost: 0, passed: true } });
  t.strictSame(done, [40, 80]);
  t.strictSame([...doings], ["making people up", "sending 40/s", "sending 80/s", "draining, in messages", "auditing"]);
  const accepted = report.steps.reduce((sum, step) => sum + step.accepted, 0);
  t.ok(accepted > 60, `${accepted} accepted`);
  t.equal(report.audit?.accepted, accepted);
  t.equal(report.audit?.stored, accepted, "everybody is somebody else");
  for (const step of report.steps) {
    t.equal(step.offered, step.accepted + step.shed + step.refused + step.failed + step.unsent);
    for (const { p50, p99, max } of [step.acceptMs, step.storedAfterMs]) t.ok(p50! > 0 && p99! >= p50! && max! >= p99!);
  }
  const { stepStarts, ...bySecond } = series;
  t.strictSame(stepStarts, [0, 3]);
  for (const values of Object.values(bySecond)) t.equal(values.length, 6);
});

t.test("stopped in the middle, it tells what was measured, of an audit nothing, and leaves the ledger", async (t) => {
  const stop = new AbortController();
  const { report } = await stress(t, {
    rates: [50, 50],
    secondsPerStep: 600,
    signal: stop.signal,
    onProgress: (progress) => {
      if (progress.doing.startsWith("sending") && progress.done > 20) stop.abort();
    },
  });
  t.strictSame(Compile(StressReport).Errors(report), []);
  t.match(report, { passed: false, interrupted: true, audit: null, drainSeconds: null, steps: { length: 1 } });
  const [step] = report.steps;
  t.ok(step!.accepted > 10 && step!.seconds < 10, JSON.stringify(step));
  t.equal(step?.storedAfterMs.p50, null);
});

t.test("a closed door ends the run at once, in the door's own words", async (t) => {
  let asked = 0;
  const door = createServer((_, response) => {
    asked += 1;
    response.writeHead(403).end('{"code":"TURNOUT_CLOSED","detail":"Registration has closed."}');
  });
  door.listen(0, "127.0.0.1");
  await new Promise((resolve) => door.once("listening", resolve));
  t.teardown(() => void door.close());
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  await t.rejects(stress(t, { secondsPerStep: 20 }, url), { code: "TURNOUT_CLOSED", message: /has closed/ });
  // Of 800 who would have.
  t.ok(asked > 0 && asked < 200, `${asked} had asked`);
});
