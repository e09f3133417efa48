import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createDeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";
import {
  storeBody,
  type DeadLetterRecord,
  type HistoryEntry,
} from "../../../shared/dead-letters/dead-letter-record.ts";
import { deadLetter, deadLetters, person, putAll, unreadable } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { documents, deadLettersTable: tableName } = connection;
const store = createDeadLetterStore(documents, tableName);
const { signal } = new AbortController();

function entry(what: HistoryEntry["what"]): HistoryEntry {
  return { at: "2026-01-02T00:00:00.000Z", who: "tester", what, detail: "a test" };
}

async function put(record: DeadLetterRecord): Promise<DeadLetterRecord> {
  await putAll(documents, tableName, [record]);
  return record;
}

/** A body that the table keeps in parts, as the collector writes them. */
async function putLarge(id: string, body: string): Promise<DeadLetterRecord> {
  const { inline, parts } = storeBody(id, body);
  const { body: _, ...rest } = unreadable(id, "");
  for (const part of parts) await putAll(documents, tableName, [part]);
  return put({ ...rest, ...inline });
}

t.test("records are read one by one, many at once, and by filter", async (t) => {
  const records = deadLetters(250, 1_000);
  await putAll(documents, tableName, records);
  t.same(await store.read(records[0]!.id), records[0]);
  t.equal(await store.read("none"), undefined);
  const ids = records.map(({ id }) => id);
  const many = await store.readMany([...ids, ...ids, "none"], signal);
  t.equal(many.size, 250);
  t.notOk("body" in many.get(ids[0]!)!, "without their bodies");
  let seen = 0;
  await store.scan({ reason: "crash-loop", state: "open" }, signal, (page) => void (seen += page.length));
  t.equal(seen, 250);
});

t.test("a body is read byte for byte, however large", async (t) => {
  const body = "ü".repeat(300_000);
  const record = await putLarge("raw-large", body);
  t.ok((record.bodyParts ?? 0) > 1, "control: it is kept in parts");
  t.equal(await store.readBody(record), body);
  t.equal(await store.read("raw-large#1"), undefined, "a part is no record");
  const found: string[] = [];
  await store.scanWithBodies(signal, async (records) => {
    for (const each of records) if (each.id === record.id) found.push(await store.readBody(each));
  });
  t.same(found, [body]);
});

t.test("a change is made to what was seen, and written into its history", async (t) => {
  const record = await put(deadLetter(1));
  t.equal(await store.saveEdit(record, { ...person(1), name: "Ann" }, entry("edited")), true);
  t.match(await store.read(record.id), {
    registration: { name: "Ann" },
    history: [{ what: "failed" }, { what: "edited" }],
  });
  t.equal(await store.saveEdit(record, person(1), entry("edited")), false, "and not twice");
});

t.test("of two edits of the same record only one is made", async (t) => {
  const record = await put(deadLetter(2));
  const edits = ["Ann", "Bea"].map((name) => store.saveEdit(record, { ...person(2), name }, entry("edited")));
  const made = await Promise.all(edits);
  t.same(
    made.toSorted((a, b) => Number(a) - Number(b)),
    [false, true],
  );
  const winner = made[0] ? "Ann" : "Bea";
  t.match(await store.read(record.id), { state: "open", registration: { name: winner }, history: { length: 2 } });
  t.equal(await store.discard(record, entry("discarded")), false, "nor is it discarded by who has not seen the edit");
});

t.test(
  "what is being replayed is neither edited nor discarded; a claim that ran out ends with the change",
  async (t) => {
    for (const [number, change] of [
      [10, (seen: DeadLetterRecord) => store.saveEdit(seen, { ...person(10), name: "Ann" }, entry("edited"))],
      [11, (seen: DeadLetterRecord) => store.discard(seen, entry("discarded"))],
    ] as const) {
      const record = await put(deadLetter(number));
      const claim = { id: "a-claim", by: "somebody else", until: "2026-01-02T00:00:00.001Z" };
      t.equal(await store.claim(record, claim, "2026-01-02T00:00:00.000Z"), true);
      t.equal(await change(record), false, "by the entry's own time it is claimed");
      await put({ ...(await store.read(record.id))!, claimedUntil: "2026-01-02T00:00:00.000Z" });
      t.equal(await change(record), true);
      const now = (await store.read(record.id))!;
      t.strictSame([now.claim, now.claimedBy, now.claimedUntil], [undefined, undefined, undefined]);
    }
  },
);

t.test("what an edit replaces may be what no table takes: the history has it as a text", async (t) => {
  const record = await put(deadLetter(12));
  const changes = { "answers.guests": { from: 1e-200, to: 0 }, "answers.big": { from: [1e300, "\ud800"], to: null } };
  t.equal(await store.saveEdit(record, person(12), { ...entry("edited"), changes }), true);
  t.match((await store.read(record.id))?.history.at(-1), {
    changes: { "answers.guests": { from: "1e-200", to: 0 }, "answers.big": { from: ["1e+300", "\ufffd"] } },
  });
});

t.test("a record that failed again meanwhile is not discarded for what it was", async (t) => {
  const seen = await put(deadLetter(3));
  await put(deadLetter(3, { failures: 2 }));
  t.equal(await store.discard(seen, entry("discarded")), false);
});

t.test("a discarded record keeps its body and its reason", async (t) => {
  const record = await put(deadLetter(4));
  t.equal(await store.discard(record, entry("discarded")), true);
  t.match(await store.read(record.id), { state: "discarded", body: record.body, reason: record.reason });
});

async function itemExists(id: string): Promise<boolean> {
  const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key: { id }, ConsistentRead: true }));
  return Item !== undefined;
}

t.test("an erased record leaves nothing, not even parts, and may be erased again", async (t) => {
  const record = await putLarge("raw-erase", "x".repeat(600_000));
  await store.erase(record);
  await store.erase(record);
  for (const id of ["raw-erase", "raw-erase#1", "raw-erase#2", "raw-erase#3"]) t.notOk(await itemExists(id), id);
});

t.test("a record is replaced with fewer parts, and those left over go", async (t) => {
  const record = await putLarge("raw-replace", "x".repeat(600_000));
  const body = "y".repeat(300_000);
  const { inline, parts } = storeBody(record.id, body);
  const { bodyParts: _, ...rest } = record;
  t.equal(
    await store.replace(record, { ...rest, ...inline, history: [...record.history, entry("edited")] }, parts),
    true,
  );
  const now = await store.read(record.id);
  t.equal(await store.readBody(now!), body);
  t.notOk(await itemExists("raw-replace#3"));
  t.equal(await store.replace(record, record, []), false, "but not by who has seen an older one");
});
