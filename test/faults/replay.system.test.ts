/** Replays as the worker tier meets them: sent twice, by two admins at once, or cut short by a crash. 0 lost, 0 extra. */
import t from "tap";
import { encodePack } from "../../shared/registration-pack.ts";
import type { Registration } from "../../shared/registration.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { startEngines, type Cell } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { invalidEntry } from "./poison.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

/** Lets the worker dead-letter so many registrations. @returns what an admin would send after mending them */
async function createReplays(cell: Cell, count: number): Promise<Registration[]> {
  const mended = people(count);
  await cell.put(mended.map(({ id }) => `{"v":1,"registrations":[${invalidEntry(id)}]}`));
  await cell.drained();
  return mended.map((registration) => ({ ...registration, replayOf: registration.id }));
}

async function statesOf(cell: Cell): Promise<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { state } of await cell.deadLetters()) states[state] = (states[state] ?? 0) + 1;
  return states;
}

t.test("a replay that is sent twice, by two admins at once, is stored once and closes its record once", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  await Promise.all([cell.startTier("worker"), cell.startTier("worker", { name: "worker-2" })]);
  const replays = await createReplays(cell, 40);
  t.same(await statesOf(cell), { open: 40 });
  await Promise.all([
    cell.put(replays.map((replay) => encodePack([replay]))),
    cell.put([encodePack(replays)]),
    cell.put(replays.toReversed().map((replay) => encodePack([replay]))),
  ]);
  await cell.drained();
  t.same(await statesOf(cell), { resolved: 40 });
  for (const { history } of await cell.deadLetters()) {
    t.same(
      history.map(({ what }) => what),
      ["failed", "resolved"],
    );
  }
  await expectStored(
    t,
    cell,
    replays,
    replays.map(({ id }) => id),
  );
});

for (const [name, action, point] of [
  ["between the store and the closing of its record", "UpdateItem", "request"],
  ["after its record was closed, before its message was deleted", "UpdateItem", "answer"],
] as const) {
  t.test(`a worker killed in the middle of a replay, ${name}, leaves nothing lost and nothing extra`, async (t) => {
    const cell = await engines.createCell({ visibilityTimeoutSeconds: 2 });
    t.teardown(() => cell.close());
    const worker = await cell.startTier("worker");
    const replays = await createReplays(cell, 10);
    const arrival = cell.dynamoDbProxy.arrivalOf(point, { actions: [action] });
    await cell.put([encodePack(replays)]);
    const held = await arrival;
    t.ok(await worker.crash());
    held.cut();
    await cell.drained();
    await eventually(async () => (await statesOf(cell)).resolved === 10, "every record is closed");
    await expectStored(
      t,
      cell,
      replays,
      replays.map(({ id }) => id),
    );
  });
}
