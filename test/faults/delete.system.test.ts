/** Deletes that fail after the write: seen, tried again, and no road to the dead-letter queue for what is stored. */
import t from "tap";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { internalError, type Fault } from "./fault.ts";
import { putPacks } from "./put-packs.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

t.test("deletes that fail in part, with HTTP 200, are seen, counted and tried again", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 5, maxReceiveCount: 3 });
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 30);
  const failing = cell.sqsProxy.inject({ kind: "failed-entries", entryShare: 0.4, actions: ["DeleteMessageBatch"] });
  const worker = await cell.startTier("worker");
  await eventually(() => failing.hits >= 5, "several deletes failed in part");
  await cell.drained();
  t.ok((await worker.metric("turnout_delete_failures_total")) > 0, "they were counted");
  await expectStored(t, cell, registrations);
});

const failingDeletes: readonly { name: string; fault: Fault }[] = [
  { name: "wholly, with an error", fault: internalError },
  { name: "wholly, without an answer", fault: { kind: "cut" } },
  { name: "entry by entry, with HTTP 200", fault: { kind: "failed-entries", entryShare: 1 } },
];

for (const { name, fault } of failingDeletes) {
  t.test(
    `deletes that fail ${name}, longer than maxReceiveCount × visibility, drift nobody to the dead-letter queue`,
    async (t) => {
      // Long enough for a heartbeat that a busy machine sends late.
      const [visibilityTimeoutSeconds, maxReceiveCount] = [5, 2];
      const cell = await engines.createCell({ visibilityTimeoutSeconds, maxReceiveCount });
      t.teardown(() => cell.close());
      const registrations = await putPacks(cell, 25);
      const failing = cell.sqsProxy.inject({ ...fault, actions: ["DeleteMessageBatch"] });
      const worker = await cell.startTier("worker");
      await eventually(async () => (await cell.itemCount()) === registrations.length, "all are stored");
      const timeoutMs = 1.5 * visibilityTimeoutSeconds * maxReceiveCount * 1_000;
      const until = performance.now() + timeoutMs;
      await eventually(() => performance.now() > until, "the fault lasts", 2 * timeoutMs);
      t.ok(failing.hits > 2, "deletes were tried again");
      t.match(await worker.health(), { httpStatus: 503, causes: [/queue deletes/] });
      failing.lift();
      await cell.drained();
      await eventually(async () => (await worker.health()).httpStatus === 200, "it is healthy again");
      t.ok(Math.max(...cell.effects.deliveries.values()) <= maxReceiveCount, "no receive count climbed to its end");
      await expectStored(t, cell, registrations);
    },
  );
}
