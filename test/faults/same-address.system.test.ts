/** One address, many registrations: one record, the first, whatever meets where. */
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { people, somebody } from "../equipment/people.ts";
import { startEngines, type Cell } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { createRandom } from "./random.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

/** The same address with everything else different. */
function rivalOf({ email }: Registration, number = 1): Registration {
  return somebody({ email, name: `Rival ${number}`, answers: { ticket: "Friday only", guests: number } });
}

/** By the table: the metric does not count what was written by a call that got no answer. */
async function duplicates(cell: Cell): Promise<number> {
  return (await cell.outcomes()).filter(({ outcome }) => outcome === "duplicate").length;
}

t.test("the same email twice in one pack is stored once, as the first of the two", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const first = people(60);
  const pack = first.flatMap((registration) => [registration, rivalOf(registration)]);
  await cell.put([encodePack(pack)]);
  await cell.startTier("worker");
  await cell.drained();
  t.equal(await duplicates(cell), 60);
  await expectStored(t, cell, first);
});

t.test(
  "the same email in several packs of one table call, and again much later, never overwrites the first",
  async (t) => {
    const cell = await engines.createCell({ environment: { WRITES_IN_FLIGHT: "1" } });
    t.teardown(() => cell.close());
    const first = people(20);
    await cell.put([encodePack(first)]);
    await cell.startTier("worker");
    await cell.drained();
    // One at a time is written, so that these gather in front of the table and share their calls.
    await cell.put(Array.from({ length: 30 }, (_, number) => encodePack(first.map((one) => rivalOf(one, number)))));
    await cell.drained();
    t.equal(await duplicates(cell), 600);
    await expectStored(t, cell, first);
  },
);

t.test("the same emails at two workers at once make one record each, of one registration as a whole", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const random = createRandom("two workers");
  // Each address in about eight packs, more packs than one worker takes at once.
  const packsFor = (everybody: readonly Registration[]) =>
    Array.from({ length: 160 }, (_, number) =>
      random
        .shuffle(everybody)
        .slice(0, 25)
        .map((one) => rivalOf(one, number)),
    );
  const workers = await Promise.all([cell.startTier("worker"), cell.startTier("worker", { name: "worker-2" })]);
  const storedByEach = () => Promise.all(workers.map((worker) => worker.metric("turnout_registrations_stored_total")));
  const packs: Registration[][] = [];
  // A machine that is busy with other things can let one of them stand still until the other has taken all.
  for (let turn = 0; turn < 5 && (turn === 0 || (await storedByEach()).includes(0)); turn += 1) {
    const more = packsFor(people(500));
    packs.push(...more);
    await cell.put(more.map(encodePack));
    await cell.drained();
  }
  const byId = new Map(packs.flat().map((registration) => [registration.id, registration]));
  const winners = (await cell.items()).map(({ registrationId }) => byId.get(registrationId)!);
  t.same(new Set(winners.map(({ email }) => email)), new Set(packs.flat().map(({ email }) => email)));
  const stored = await storedByEach();
  t.ok(
    stored.every((count) => count > 0),
    `both stored some: ${stored.join(" and ")}`,
  );
  await expectStored(t, cell, winners);
});
