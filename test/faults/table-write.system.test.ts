/** Table writes that fail in part, or whose answer is lost: only what failed is tried again, and nothing is written twice. */
import t from "tap";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { throttling, type Fault } from "./fault.ts";
import { putPacks } from "./put-packs.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

const writes = { actions: ["BatchExecuteStatement"] };

const transient = ["ThrottlingError", "ProvisionedThroughputExceeded", "InternalServerError"];

for (const code of transient) {
  t.test(`statements that fail with ${code} are tried again, and only those`, async (t) => {
    // A machine that is busy must not look like a table that is slow.
    const cell = await engines.createCell({ environment: { WRITE_TIMEOUT_MS: "20000" } });
    t.teardown(() => cell.close());
    const registrations = await putPacks(cell, 1, 200);
    const failing = cell.dynamoDbProxy.inject({
      kind: "failed-statements",
      entryShare: 0.3,
      code,
      times: 12,
      ...writes,
    });
    const worker = await cell.startTier("worker");
    await cell.drained();
    t.ok(failing.hits >= 8, `${failing.hits} calls failed in part`);
    t.equal(cell.effects.knownAddresses, 0, "no statement that had worked was sent again");
    t.equal(await worker.metric("turnout_registrations_stored_total"), 200);
    t.equal(cell.effects.redeliveries(), 0, "all within one delivery");
    await expectStored(t, cell, registrations);
  });
}

t.test("while the table throttles, fewer calls are under way at once, and more again afterwards", async (t) => {
  const cell = await engines.createCell({ environment: { WRITE_TIMEOUT_MS: "20000" } });
  t.teardown(() => cell.close());
  const fault = { kind: "failed-statements", entryShare: 0.5, code: "ThrottlingError", ...writes } as const;
  const failing = cell.dynamoDbProxy.inject(fault);
  const worker = await cell.startTier("worker");
  const full = await worker.metric("turnout_table_write_limit");
  const registrations = await putPacks(cell, 1, 250);
  await eventually(async () => (await worker.metric("turnout_table_write_limit")) <= full / 4, "the limit falls");
  failing.lift();
  for (let packs = 0; packs < 3; packs += 1) registrations.push(...(await putPacks(cell, 1, 250)));
  await cell.drained();
  t.equal(await worker.metric("turnout_table_write_limit"), full, "the limit is back");
  await expectStored(t, cell, registrations);
});

t.test("attempts that the SDK makes by itself are counted as such", async (t) => {
  const cell = await engines.createCell({ environment: { WRITE_TIMEOUT_MS: "20000" } });
  t.teardown(() => cell.close());
  const failing = cell.dynamoDbProxy.inject({ ...throttling, times: 2, ...writes });
  const worker = await cell.startTier("worker");
  const registrations = await putPacks(cell, 1, 20);
  await cell.drained();
  t.equal(failing.hits, 2);
  const calls = await worker.metric("turnout_table_write_calls_total");
  t.equal(await worker.metric("turnout_table_write_attempts_total"), calls + 2);
  await expectStored(t, cell, registrations);
});

const done: readonly { name: string; fault: Fault }[] = [
  { name: "whose answer never came", fault: { kind: "withheld-answer" } },
  { name: "whose answer got lost", fault: { kind: "lost-answer" } },
  {
    name: "that was done and reported as failed",
    fault: { kind: "failed-statements", entryShare: 1, code: "InternalServerError", done: true },
  },
];

for (const { name, fault } of done) {
  t.test(`an insert ${name} is repeated, found to be its own, and counts as stored`, async (t) => {
    const cell = await engines.createCell({ environment: { WRITE_TIMEOUT_MS: "500" } });
    t.teardown(() => cell.close());
    cell.dynamoDbProxy.inject({ ...fault, times: 3, ...writes });
    const worker = await cell.startTier("worker");
    const registrations = await putPacks(cell, 1, 50);
    await cell.drained();
    t.ok(cell.effects.knownAddresses >= 25, `${cell.effects.knownAddresses} were known to the table already`);
    t.equal(await worker.metric("turnout_registrations_duplicate_total"), 0, "none of them counts as a duplicate");
    t.equal(cell.effects.redeliveries(), 0);
    await expectStored(t, cell, registrations);
  });
}

t.test(
  "a registration that fails alone, again and again, is left to redelivery at its deadline and holds up nobody",
  async (t) => {
    const environment = { MESSAGE_DEADLINE_SECONDS: "2", WRITE_TIMEOUT_MS: "20000" };
    const cell = await engines.createCell({ visibilityTimeoutSeconds: 2, environment });
    t.teardown(() => cell.close());
    const worker = await cell.startTier("worker");
    const unlucky = await putPacks(cell, 1, 5);
    const { email } = unlucky[2]!;
    const fault = { kind: "failed-statements", entryShare: 1, code: "InternalServerError", email, ...writes } as const;
    const failing = cell.dynamoDbProxy.inject(fault);
    await eventually(() => cell.effects.redeliveries() > 0, "its message comes again");
    await eventually(() => worker.metric("turnout_registrations_unfinished_total"), "it was given up for now");
    await eventually(async () => (await cell.itemCount()) === 4, "its neighbours are stored");
    const others = await putPacks(cell, 1, 100);
    await eventually(async () => (await cell.itemCount()) === 104, "others are stored meanwhile");
    t.equal((await worker.health()).httpStatus, 200, "it is no fault of the system");
    failing.lift();
    await cell.drained();
    await expectStored(t, cell, [...unlucky, ...others]);
  },
);
