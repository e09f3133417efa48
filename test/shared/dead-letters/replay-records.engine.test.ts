import { GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import type { DeadLetterRecord } from "../../../shared/dead-letters/dead-letter-record.ts";
import { createReplayRecords, type ReplayClaim } from "../../../shared/dead-letters/replay-records.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { deadLetter, deadLetters, person, putAll, unreadable } from "../../equipment/dead-letter-seeds.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());
const { documents } = engines;
const table = await engines.createTable("id");
const records = createReplayRecords(documents, table);
const { signal } = new AbortController();
const at = "2026-03-01T10:00:00.000Z";
const later = "2026-03-01T10:01:00.000Z";
const entry = { at, who: "tester", what: "replayed", detail: "a test" } as const;

const claimOf = (id: string, by = "tester"): ReplayClaim => ({ id, by, until: later });

async function read(id: string): Promise<DeadLetterRecord> {
  const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }));
  return Item as DeadLetterRecord;
}

async function seed(number: number, changes: Partial<DeadLetterRecord> = {}): Promise<DeadLetterRecord> {
  const record = deadLetter(number, changes);
  await putAll(documents, table, [record]);
  return record;
}

t.test("many are read at once, those that exist, without their bodies, each once", async (t) => {
  const seeds = deadLetters(250);
  await putAll(documents, table, seeds);
  const found = await records.readMany([...seeds.map(({ id }) => id), seeds[0]!.id, "none such"], signal);
  t.equal(found.size, 250);
  const { body: _, ...summary } = seeds[7]!;
  t.strictSame(found.get(seeds[7]!.id), summary);
});

t.test("a replay reads with the code of today what none could read when it failed", async (t) => {
  const mended = { ...person(260), locale: "de" };
  const body = JSON.stringify({ v: 1, registrations: [mended] });
  const wrong = JSON.stringify({ v: 1, registrations: [{ ...mended, email: "nobody" }] });
  await putAll(documents, table, [
    unreadable("raw-sound", body, { reason: "invalid-registration" }),
    unreadable("raw-wrong", wrong),
    unreadable("raw-broken", "{"),
    deadLetter(261),
  ]);
  const found = await records.readToReplay(["raw-sound", "raw-wrong", "raw-broken", person(261).id, "none"], signal);
  t.equal(found.size, 4);
  t.strictSame(found.get("raw-sound")?.registration, mended);
  t.strictSame(found.get(person(261).id)?.registration, person(261));
  for (const id of ["raw-wrong", "raw-broken"]) t.notOk("registration" in found.get(id)!, id);
  t.notOk("body" in found.get("raw-sound")!);
});

t.test("of many that claim a record at once one has it, until the claim runs out", async (t) => {
  const record = await seed(420);
  const names = Array.from({ length: 8 }, (_, index) => `claim-${index}`);
  const answers = await Promise.all(names.map((name) => records.claim(record, claimOf(name), at)));
  t.equal(answers.filter(Boolean).length, 1);
  const winner = names[answers.indexOf(true)]!;
  t.match(await read(record.id), { state: "open", claim: winner, claimedBy: "tester", claimedUntil: later });
  t.equal(await records.claim(record, claimOf(winner), at), true, "its own, of which the answer was lost, is its own");
  t.equal(await records.claim(record, claimOf("late"), "2026-03-01T10:00:59.999Z"), false);
  t.equal(await records.claim(record, claimOf("late"), later), true);
  t.match(await read(record.id), { claim: "late" });
});

t.test("what was edited, failed again, discarded or erased since it was seen is not claimed", async (t) => {
  const changes: Partial<DeadLetterRecord>[] = [
    { history: [entry, entry] },
    { failures: 2 },
    { state: "discarded" },
    { state: "storing" },
  ];
  for (const [index, change] of changes.entries()) {
    const seen = deadLetter(430 + index);
    await seed(430 + index, change);
    t.equal(await records.claim(seen, claimOf("c"), at), false, JSON.stringify(change));
    t.notOk((await read(seen.id)).claim);
  }
  t.equal(await records.claim({ ...deadLetter(439), id: "erased" }, claimOf("c"), at), false);
});

t.test("the replay that nobody asks for is claimed as any other, but not after it was sent", async (t) => {
  const record = await seed(440);
  t.equal(await records.claim(record, claimOf("first", "worker"), at), true);
  t.equal((await read(record.id)).automaticReplayAt, undefined, "a claim alone uses nothing up");
  t.equal(await records.claim(record, claimOf("second", "worker"), later), true, "nor does one that ran out");
  t.equal(await records.markReplayed(record.id, claimOf("second", "worker"), entry, 1), true);
  t.match(await read(record.id), { state: "replayed", automaticReplayAt: at });
  await seed(440, { automaticReplayAt: at });
  t.equal(await records.claim(record, claimOf("third", "worker"), later), false);
  t.equal(await records.claim(record, claimOf("ann"), later), true, "a person may");
});

t.test(
  "given back, it is as if it had never been claimed; nobody else's is, and nothing that a worker has",
  async (t) => {
    const record = await seed(450);
    await records.claim(record, claimOf("mine", "worker"), at);
    await records.giveBack(record.id, claimOf("another", "worker"));
    t.match(await read(record.id), { claim: "mine" });
    await records.giveBack(record.id, claimOf("mine", "worker"));
    t.strictSame(await read(record.id), record);
    await records.giveBack(record.id, claimOf("mine", "worker"));
    await records.giveBack("erased", claimOf("mine"));
    t.strictSame(await read(record.id), record);
    t.equal(await read("erased"), undefined);
  },
);

t.test("claimed once more, one that was replayed is open again, whatever comes of the new claim", async (t) => {
  for (const [number, state] of [
    [455, "replayed"],
    [456, "storing"],
  ] as const) {
    const record = await seed(number, { state, claim: "before" });
    t.equal(await records.claim(record, claimOf("again"), at), true);
    t.match(await read(record.id), { state: "open", claim: "again" });
    await records.giveBack(record.id, claimOf("again"));
    const free = await read(record.id);
    t.match(free, { state: "open" });
    t.notOk(free.claim, "and what was sent before is void");
  }
});

t.test("what was sent is marked under its claim alone; overtaken, it is told in the history", async (t) => {
  const record = await seed(460);
  await records.claim(record, claimOf("mine"), at);
  t.equal(await records.markReplayed(record.id, claimOf("mine"), entry, 1), true);
  const marked = await read(record.id);
  t.match(marked, { state: "replayed", claim: "mine", history: [{}, { what: "replayed" }] });
  t.notOk(marked.claimedUntil, "it has been sent: there is nothing left that could run out");
  for (const [number, state] of [
    [461, "storing"],
    [462, "resolved"],
  ] as const) {
    const overtaken = await seed(number, { state, claim: "mine" });
    t.equal(await records.markReplayed(overtaken.id, claimOf("mine", "worker"), entry, 1), false);
    t.match(await read(overtaken.id), { state, automaticReplayAt: at, history: [{}, { what: "replayed" }] });
  }
  const changed = await seed(463, { claim: "another" });
  t.equal(await records.markReplayed(changed.id, claimOf("mine", "worker"), entry, 1), false);
  const told = await read(changed.id);
  t.match(told, { state: "open", history: { length: 2 } });
  t.notOk(told.automaticReplayAt, "what was sent stores nothing, so it has used nothing up");
  t.equal(await records.markReplayed("erased", claimOf("mine"), entry, 1), false);
  t.equal(await read("erased"), undefined, "what was erased does not come back");
});

t.test("an edit that is made under an older claim cannot be marked away", async (t) => {
  const record = await seed(470);
  await records.claim(record, claimOf("mine"), at);
  await documents.send(
    new UpdateCommand({ TableName: table, Key: { id: record.id }, UpdateExpression: "REMOVE claim, claimedUntil" }),
  );
  t.equal(await records.markReplayed(record.id, claimOf("mine"), entry, 1), false);
  t.match(await read(record.id), { state: "open" });
});

t.test("an error of DynamoDB is no answer", async (t) => {
  const record = await seed(480);
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", "no"));
  await t.rejects(records.claim(record, claimOf("c"), at), { name: "AccessDeniedException" });
  await t.rejects(records.markReplayed(record.id, claimOf("c"), entry, 1), { name: "AccessDeniedException" });
  await t.rejects(records.readMany([record.id], signal), { name: "AccessDeniedException" });
});
