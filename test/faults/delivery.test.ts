/** A queue that gives messages out twice and out of order, as SQS may: nothing shows of it. */
import t from "tap";
import { encodePack } from "../../shared/registration-pack.ts";
import type { Registration } from "../../shared/registration.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { startEngines, type Cell } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { createRandom } from "./random.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

/** Puts so many packs of three on the queue. */
async function putPacks(cell: Cell, packs: number): Promise<Registration[]> {
  const all = Array.from({ length: packs }, () => people(3));
  await cell.put(all.map(encodePack));
  return all.flat();
}

t.test("messages that SQS gives out twice are stored once", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 60);
  const twice = cell.sqsProxy.inject({
    kind: "duplicate-delivery",
    entryShare: 0.7,
    share: 0.6,
    actions: ["ReceiveMessage"],
  });
  await Promise.all([cell.startTier("worker"), cell.startTier("worker", { name: "worker-2" })]);
  await eventually(() => twice.hits >= 15, "messages were kept to be given out again");
  await cell.drained();
  await expectStored(t, cell, registrations);
});

t.test("messages that come in any order leave the first registration of an address in place", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 2 });
  t.teardown(() => cell.close());
  const registrations = await putPacks(cell, 60);
  const shuffled = cell.sqsProxy.inject({
    kind: "reordered-delivery",
    entryShare: 0.5,
    share: 0.5,
    actions: ["ReceiveMessage"],
  });
  await cell.startTier("worker");
  await eventually(() => shuffled.hits >= 10, "messages were held back");
  await cell.drained();
  const late = createRandom("late")
    .shuffle(registrations)
    .map((one, index) => ({ ...one, id: `late-${index}-0000`, name: "Too Late" }));
  await cell.put(late.map((one) => encodePack([one])));
  await cell.drained();
  await expectStored(t, cell, registrations);
});
