/** Receives, heartbeats and polling that fail: the worker tier backs off, says so, and goes on when it can. */
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { startEngines } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { internalError, throttling, type Fault } from "./fault.ts";
import { putPacks } from "./put-packs.ts";
import { unhealthyBecause } from "./unhealthy.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

t.test("a write slower than the visibility, while heartbeats fail, is stored once, and the worker lives", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 2, environment: { WRITE_TIMEOUT_MS: "10000" } });
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 5);
  const heartbeats = cell.sqsProxy.inject({ ...internalError, actions: ["ChangeMessageVisibilityBatch"] });
  const slow = cell.dynamoDbProxy.inject({ kind: "delay", ms: 4_000, actions: ["BatchExecuteStatement"], times: 4 });
  const worker = await cell.startTier("worker");
  await eventually(() => cell.effects.redeliveries() > 0, "messages came again while they were worked on", 15_000);
  t.ok(heartbeats.hits > 0 && slow.hits > 0);
  await cell.drained();
  t.same(worker.ends, [], "a failed heartbeat did not end the process");
  await eventually(
    () => worker.log.some(({ msg }) => msg?.includes("visibility could not be extended")),
    "and was logged",
  );
  await expectStored(t, cell, registrations);
});

t.test("a heartbeat keeps a message hidden for as long as its write takes", async (t) => {
  // Heartbeats come every two seconds: one may be three seconds late on a busy machine.
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 6, environment: { WRITE_TIMEOUT_MS: "30000" } });
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 5);
  cell.dynamoDbProxy.inject({ kind: "delay", ms: 13_000, actions: ["BatchExecuteStatement"] });
  await cell.startTier("worker");
  await eventually(async () => (await cell.counts()).inFlight === 5, "all are received");
  await cell.drained();
  t.equal(cell.effects.redeliveries(), 0);
  await expectStored(t, cell, registrations);
});

const failingReceives: readonly { name: string; fault: Fault }[] = [
  { name: "answered with 500", fault: internalError },
  { name: "rejected on input", fault: { kind: "cut" } },
  { name: "throttled", fault: throttling },
];

t.test("receives that fail", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const worker = await cell.startTier("worker");
  for (const { name, fault } of failingReceives) {
    t.test(`receives that are ${name} are backed off, told of, and resumed`, async (t) => {
      const before = cell.sqsProxy.calls.ReceiveMessage ?? 0;
      const failing = cell.sqsProxy.inject({ ...fault, actions: ["ReceiveMessage"] });
      const began = performance.now();
      await unhealthyBecause(worker, /queue receives/);
      await eventually(() => performance.now() - began > 2_500, "the fault lasts");
      const perSecond = ((cell.sqsProxy.calls.ReceiveMessage ?? 0) - before) / ((performance.now() - began) / 1_000);
      // Without a pause it would be hundreds.
      t.ok(perSecond < 20, `${perSecond.toFixed(1)} receives a second`);
      failing.lift();
      await eventually(async () => (await worker.health()).httpStatus === 200, "it is healthy again", 20_000);
      await cell.put([encodePack(people(1))]);
      await cell.drained();
    });
  }
});

t.test("polling that stops without a word makes the worker unhealthy, and an idle queue does not", async (t) => {
  const cell = await engines.createCell({
    environment: { WATCHDOG_SECONDS: "5", RECEIVE_WAIT_SECONDS: "3", WRITE_TIMEOUT_MS: "20000" },
  });
  t.teardown(() => cell.close());
  const worker = await cell.startTier("worker");
  const began = performance.now();
  await eventually(() => performance.now() - began > 7_000, "longer than the watchdog's timeout", 10_000);
  // Were they none, it would stay unhealthy for as long as nothing comes.
  await eventually(async () => (await worker.health()).httpStatus === 200, "empty answers are answers");
  const silence = cell.sqsProxy.inject({ kind: "black-hole", actions: ["ReceiveMessage"] });
  await unhealthyBecause(worker, /nothing was received for/, 20_000);
  silence.lift();
  cell.heal();
  await eventually(async () => (await worker.health()).httpStatus === 200, "it polls again", 20_000);
});
