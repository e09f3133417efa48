/** Replays as the worker tier meets them: sent twice, by two admins at once, or cut short by a crash. 0 lost, 0 extra. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
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
    // A send to the dead-letter queue that took too long was made twice: a second failure, and no second record.
    t.same(
      history.map(({ what }) => what).filter((what, index, all) => what !== all[index - 1]),
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
  ["before it has taken a record over", "UpdateItem", "request"],
  ["when it has taken a record over", "UpdateItem", "answer"],
  ["when it has stored them, before a record is closed", "UpdateItem, then", "request"],
  ["when a record is closed, before their message is deleted", "UpdateItem, then", "answer"],
] as const) {
  t.test(`a worker killed in the middle of a replay, ${name}, leaves nothing lost and nothing extra`, async (t) => {
    const cell = await engines.createCell({ visibilityTimeoutSeconds: 2 });
    t.teardown(() => cell.close());
    const worker = await cell.startTier("worker");
    const replays = await createReplays(cell, 10);
    const updates = { actions: ["UpdateItem"] };
    let arrival = action === "UpdateItem" ? cell.dynamoDbProxy.arrivalOf(point, updates) : undefined;
    const stored = arrival ? undefined : cell.dynamoDbProxy.arrivalOf("answer", { actions: ["BatchExecuteStatement"] });
    await cell.put([encodePack(replays)]);
    if (stored) {
      const storing = await stored;
      arrival = cell.dynamoDbProxy.arrivalOf(point, updates);
      storing.proceed();
    }
    const held = await arrival;
    t.ok(await worker.crash());
    held?.cut();
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

t.test(
  "what comes late, under a claim that is over, is not stored; whoever changed the record has the last word",
  async (t) => {
    const cell = await engines.createCell();
    t.teardown(() => cell.close());
    const worker = await cell.startTier("worker");
    const replays = (await createReplays(cell, 3)).map((replay) => ({ ...replay, claim: `claim of ${replay.id}` }));
    // Claimed, and left behind; then one is mended by somebody, one claimed by another, one as it was.
    const [mended, taken, left] = replays;
    const claims = [undefined, "another claim", left!.claim];
    for (const [index, { id }] of replays.entries()) {
      const claim = claims[index];
      if (claim === undefined) continue;
      await cell.documents.send(
        new UpdateCommand({
          TableName: cell.deadLettersTable,
          Key: { id },
          UpdateExpression: "SET claim = :claim",
          ExpressionAttributeValues: { ":claim": claim },
        }),
      );
    }
    await cell.put([encodePack(replays)]);
    await cell.drained();
    t.same(
      (await cell.items()).map(({ registrationId }) => registrationId),
      [left!.id],
    );
    const states = new Map((await cell.deadLetters()).map(({ id, state }) => [id, state]));
    t.same([states.get(mended!.id), states.get(taken!.id), states.get(left!.id)], ["open", "open", "resolved"]);
    t.equal(await worker.metric("turnout_stale_replays_total"), 2);
  },
);
