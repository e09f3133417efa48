import t from "tap";
import {
  changeRecord,
  claimAutomaticReplay,
  createReplayRecords,
} from "../../../shared/dead-letters/replay-records.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { deadLetter, deadLetters, putAll } from "../../admin/dead-letter-seeds.ts";

const engines = await startEngines();
t.teardown(() => engines.close());
t.afterEach(() => engines.calm());
const { documents } = engines;
const table = await engines.createTable("id");
const records = createReplayRecords(documents, table);
const at = "2026-03-01T10:00:00.000Z";
const entry = { at, who: "tester", what: "replayed", detail: "a test" } as const;

t.test("many are read at once, those that exist, without their bodies, each once", async (t) => {
  const seeds = deadLetters(250);
  await putAll(documents, table, seeds);
  const found = await records.readMany([...seeds.map(({ id }) => id), seeds[0]!.id, "none such"]);
  t.equal(found.size, 250);
  const { body: _, ...summary } = seeds[7]!;
  t.strictSame(found.get(seeds[7]!.id), summary);
});

t.test("what DynamoDB leaves unprocessed is asked for again", async (t) => {
  const seeds = deadLetters(3, 300);
  await putAll(documents, table, seeds);
  let calls = 0;
  engines.dynamoDbProxy.intervene(({ operation, input }) => {
    if (operation !== "BatchGetItem") return undefined;
    calls += 1;
    return calls === 1 ? { answer: { Responses: {}, UnprocessedKeys: input.RequestItems } } : undefined;
  });
  t.equal((await records.readMany(seeds.map(({ id }) => id))).size, 3);
  t.equal(calls, 2);
});

t.test("a change is made while the record is as it was seen, and not after", async (t) => {
  const seed = deadLetter(400);
  await putAll(documents, table, [seed]);
  t.equal(
    await changeRecord(documents, table, seed, { entry, set: { detail: "other" }, unchangedHistory: true }),
    true,
  );
  t.equal(
    await changeRecord(documents, table, seed, { entry, set: { detail: "late" }, unchangedHistory: true }),
    false,
  );
  t.match((await records.readMany([seed.id])).get(seed.id), { detail: "other", history: { length: 2 } });
});

t.test("a replay that was overtaken leaves the state alone and is told in the history", async (t) => {
  const seed = deadLetter(410);
  await putAll(documents, table, [seed]);
  t.equal(await records.markReplayed(seed, entry), true);
  t.equal(await records.markReplayed(seed, entry), false);
  t.match((await records.readMany([seed.id])).get(seed.id), { state: "replayed", history: { length: 3 } });
  t.equal(await records.markReplayed({ ...seed, id: "erased" }, entry), false);
  t.equal((await records.readMany(["erased"])).size, 0, "what was erased does not come back");
});

t.test("of many that claim a record at once one has it, and nobody ever again", async (t) => {
  const seed = deadLetter(420);
  await putAll(documents, table, [seed]);
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimAutomaticReplay(documents, table, seed, at)));
  t.equal(claims.filter(Boolean).length, 1);
  const [record] = (await records.readMany([seed.id])).values();
  t.match(record, { state: "open", automaticReplayAt: at });
  t.equal(await claimAutomaticReplay(documents, table, record!, at), false);
});

t.test("what was edited, discarded or erased since it was seen is not claimed", async (t) => {
  const seed = deadLetter(430);
  await putAll(documents, table, [seed]);
  await changeRecord(documents, table, seed, { entry: { ...entry, what: "edited" }, set: { detail: "mended" } });
  t.equal(await claimAutomaticReplay(documents, table, seed, at), false);
  t.equal(await claimAutomaticReplay(documents, table, { ...seed, id: "erased" }, at), false);
});

t.test("a fault of DynamoDB is no answer", async (t) => {
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", "no"));
  const seed = deadLetter(440);
  await t.rejects(claimAutomaticReplay(documents, table, seed, at), { name: "AccessDeniedException" });
  await t.rejects(records.markReplayed(seed, entry), { name: "AccessDeniedException" });
});
