/** SIGTERM: a tier finishes what it holds, leaves the rest where it is, and ends by itself within its deadline. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { openLedger } from "../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { tierPlan } from "../../local/process-plans.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { audit } from "./audit.ts";
import { startEngines, stopDeadlineSeconds, type Cell } from "./cell.ts";
import { startCrowd, type Crowd } from "./crowd.ts";
import { expectStored } from "./expect-stored.ts";
import { createInstancesClient } from "./instances-client.ts";
import type { TierProcess } from "./tier-process.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;
const event = loadEvent(join(import.meta.dirname, "..", "..", "event.json"));
const stopDeadlineMs = stopDeadlineSeconds * 1_000;

async function crowdAt(cell: Cell, webs: readonly TierProcess[], ledgerFile: string): Promise<Crowd> {
  return startCrowd({
    webUrls: webs.map(({ url }) => url),
    event,
    random: cell.random.fork("crowd"),
    ledger: openLedger(ledgerFile, await readStackIdentity(cell.sqs, cell.queueUrl)),
    perSecond: 60,
  });
}

/** @returns how long it took to end, in milliseconds */
async function terminate(tier: TierProcess): Promise<number> {
  const began = performance.now();
  tier.kill("SIGTERM");
  await tier.process.ended();
  const tookMs = performance.now() - began;
  await tier.process.start();
  return tookMs;
}

t.test("workers that get SIGTERM under load end in time, and no message is delivered a second time", async (t) => {
  // The workers hide what they receive for long and wait long for answers, however busy the machine is: only what a
  // stop let go would come again.
  const environment = { VISIBILITY_TIMEOUT_SECONDS: "60", WRITE_TIMEOUT_MS: "10000" };
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 2, environment });
  t.teardown(() => cell.close());
  const ledger = join(t.testdir(), "ledger.jsonl");
  const webs = [await cell.startTier("web")];
  const workers = await Promise.all([cell.startTier("worker"), cell.startTier("worker", { name: "worker-2" })]);
  const crowd = await crowdAt(cell, webs, ledger);
  for (let round = 0; round < 4; round += 1) {
    await eventually(() => crowd.figures().accepted > 50 * (round + 1), "the load goes on", 30_000);
    const tookMs = await terminate(workers[round % 2]!);
    t.ok(tookMs < stretched(stopDeadlineMs), `stopped in ${Math.round(tookMs)} ms`);
  }
  await crowd.stop();
  await cell.drained(90_000);
  for (const { ends } of workers)
    t.same(
      ends,
      Array.from({ length: 2 }, () => "ended with exit code 0"),
    );
  t.equal(cell.effects.redeliveries(), 0, "every message was given out once");
  const report = await audit(cell, ledger);
  t.match(report, { passed: true, lost: 0, deadLettered: 0 });
  t.ok(report.accepted > 200, `${report.accepted} accepted`);
});

t.test("web instances that get SIGTERM under load answer those they hold and end in time", async (t) => {
  // Sends with long timeouts: one that is tried twice because the machine is busy would say nothing about stopping.
  const environment = { SEND_TIMEOUT_MS: "10000", VISIBILITY_TIMEOUT_SECONDS: "60" };
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 2, environment });
  t.teardown(() => cell.close());
  const ledger = join(t.testdir(), "ledger.jsonl");
  const webs = await Promise.all([cell.startTier("web"), cell.startTier("web", { name: "web-2" })]);
  await cell.startTier("worker");
  const crowd = await crowdAt(cell, webs, ledger);
  for (let round = 0; round < 4; round += 1) {
    await eventually(() => crowd.figures().accepted > 50 * (round + 1), "the load goes on", 30_000);
    const tookMs = await terminate(webs[round % 2]!);
    t.ok(tookMs < stretched(stopDeadlineMs), `stopped in ${Math.round(tookMs)} ms`);
  }
  const figures = await crowd.stop();
  for (const { ends } of webs)
    t.same(
      ends,
      Array.from({ length: 2 }, () => "ended with exit code 0"),
    );
  await cell.drained(90_000);
  t.equal(cell.sqsProxy.calls.SendMessage, cell.effects.deliveries.size, "no pack was sent twice");
  const report = await audit(cell, ledger);
  t.match(report, { passed: true, lost: 0, deadLettered: 0 });
  t.comment(`${report.accepted} accepted, ${figures.unknown} without a clear answer`);
});

t.test("a web instance that gets SIGTERM mid-send waits for SQS and then answers 202", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const client = createInstancesClient();
  t.teardown(() => client.close());
  const web = await cell.startTier("web", { restart: false });
  const held = cell.sqsProxy.arrivalOf("answer", { actions: ["SendMessage"] });
  const reply = client.post(web.url, { email: "last@example.org", name: "Last" }, "last-one");
  const arrival = await held;
  web.kill("SIGTERM");
  await eventually(async () => (await web.health()).httpStatus === undefined, "nobody else is let in");
  arrival.proceed();
  t.equal((await reply).status, 202);
  await web.process.ended();
  t.same(web.ends, ["ended with exit code 0"]);
});

t.test("a worker that gets SIGTERM twice while it writes finishes the write, deletes and ends once", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const registrations = people(10);
  await cell.put([encodePack(registrations)]);
  const held = cell.dynamoDbProxy.arrivalOf("request", { actions: ["BatchExecuteStatement"] });
  const worker = await cell.startTier("worker", { restart: false, environment: { WRITE_TIMEOUT_MS: "10000" } });
  const arrival = await held;
  worker.kill("SIGTERM");
  await eventually(() => worker.log.some(({ msg }) => msg === "stopping"), "it was told to stop");
  worker.kill("SIGTERM");
  worker.kill("SIGINT");
  arrival.proceed();
  await worker.process.ended();
  t.same(worker.ends, ["ended with exit code 0"]);
  t.same(await cell.counts(), { waiting: 0, inFlight: 0 }, "the message is done and deleted");
  await expectStored(t, cell, registrations);
});

t.test("a worker that gets SIGTERM while the table is down lets its messages go unharmed", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 3 });
  t.teardown(() => cell.close());
  const registrations = people(30);
  cell.dynamoDbProxy.inject({ kind: "cut" });
  await cell.put([encodePack(registrations)]);
  const worker = await cell.startTier("worker", { restart: false });
  await eventually(async () => (await worker.health()).httpStatus === 503, "the breaker is open");
  worker.kill("SIGTERM");
  await worker.process.ended();
  t.same(worker.ends, ["ended with exit code 0"]);
  cell.heal();
  await cell.startTier("worker", { name: "worker-2" });
  await cell.drained();
  await expectStored(t, cell, registrations);
});

for (const tier of ["web", "worker"] as const) {
  t.test(
    `a ${tier} instance that gets SIGTERM at any moment of its start ends at once and holds nothing`,
    async (t) => {
      const cell = await engines.createCell();
      t.teardown(() => cell.close());
      const registrations = people(5);
      await cell.put([encodePack(registrations)]);
      const keys = `test:${Buffer.alloc(32).toString("base64")}`;
      const plan = tierPlan(tier, 0, { ...cell.environment, PORT: "0", RECEIPT_KEYS: keys, RECEIVE_WAIT_SECONDS: "1" });
      const ends = await Promise.all(
        [0, 100, 200, 400, 700].map(async (afterMs) => {
          const child = spawn(plan.command, plan.args, { env: plan.env, cwd: plan.cwd, stdio: "ignore" });
          const ended = once(child, "exit");
          await delay(afterMs);
          child.kill("SIGTERM");
          const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
          return signal ?? code;
        }),
      );
      // Before Node has run a line of ours, the signal ends the process by itself.
      t.same(
        ends.filter((end) => end !== 0 && end !== "SIGTERM"),
        [],
        `ended by ${[...new Set(ends)].join(", ")}`,
      );
      t.equal((await cell.counts()).inFlight, 0, "no message is held by a process that is gone");
    },
  );
}
