/**
 * Two versions of Turnout at one queue, as in every deployment: what one of them does not know is kept for the other, and
 * what a table rejects is kept all the same.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { registrationIn } from "../../shared/dead-letters/dead-letter-entry.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { runCommand } from "../equipment/command-run.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { eventually } from "../equipment/eventually.ts";
import { people, somebody } from "../equipment/people.ts";
import { startEngines } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Where the SDK of a command in this process finds credentials.
Object.assign(process.env, engines.stack.environment);
// Each has a cell of its own, and mostly waits.
t.jobs = 3;

function laterPack(count: number) {
  const registrations = people(count);
  const entries = registrations.map(({ id, email, submittedAt, name }) => ({
    id,
    email,
    submittedAt,
    person: { name },
  }));
  return { registrations, entries, body: JSON.stringify({ v: 9, registrations: entries }) };
}

t.test("packs of a newer web tier wait for a newer worker, and nobody among them becomes a dead letter", async (t) => {
  const cell = await engines.createCell({ maxReceiveCount: 10 });
  t.teardown(() => cell.close());
  const packs = [laterPack(20), laterPack(5), laterPack(1)];
  const known = people(10);
  await cell.put([...packs.map(({ body }) => body), encodePack(known)]);
  const older = await cell.startTier("worker");
  await eventually(
    async () => (await older.metric("turnout_packs_hidden_total")) === 3,
    "the older one has seen them",
    60_000,
  );
  await eventually(async () => (await cell.itemCount()) === known.length, "what it knows is stored meanwhile", 60_000);
  t.match(await older.health(), { httpStatus: 200 });
  const told = () => older.log.filter(({ msg }) => /packs of another version/.test(String(msg))).length;
  await eventually(told, "it is told");
  t.equal(told(), 1);
  await older.stop();
  const newer = await cell.startTier("worker", { program: "variants/knows-later.ts" });
  const waited = await cell.counts();
  t.same(waited, { waiting: 0, inFlight: 3 }, "hidden, and not given back by the stop");
  await cell.drained(180_000);
  t.same(await cell.deadLetters(), []);
  t.same(newer.ends, []);
  await expectStored(t, cell, [...known, ...packs.flatMap(({ registrations }) => registrations)]);
});

t.test(
  "corrections and withdrawals wait for a worker that knows them, and the older one stores the rest",
  async (t) => {
    const cell = await engines.createCell({ maxReceiveCount: 10 });
    t.teardown(() => cell.close());
    const [corrected, withdrawn, beside, ...others] = people(10);
    const submittedAt = new Date().toISOString();
    const changedAt = new Date(Date.now() + 1_000).toISOString();
    const now = (one: Registration) => ({ ...one, submittedAt });
    const changes = [
      { ...now(corrected!), kind: "correction", name: "Ada King", changedAt },
      { kind: "withdrawal", id: withdrawn!.id, email: withdrawn!.email, submittedAt, changedAt },
    ];
    await cell.put([
      encodePack([corrected!, withdrawn!, ...others].map(now)),
      JSON.stringify({ v: 2, registrations: [...changes, now(beside!)] }),
    ]);
    const older = await cell.startTier("worker", { program: "variants/knows-first.ts" });
    await eventually(
      async () => (await older.metric("turnout_packs_hidden_total")) === 1,
      "the older one has seen it",
      60_000,
    );
    await eventually(async () => (await cell.itemCount()) === 9, "what it knows is stored meanwhile", 60_000);
    await older.stop();
    await cell.startTier("worker");
    await cell.drained(180_000);
    t.same(await cell.deadLetters(), []);
    const items = new Map((await cell.items()).map((item) => [item.email, item]));
    t.equal(items.size, 10);
    t.match(items.get(corrected!.email), { name: "Ada King", changedAt });
    t.match(items.get(withdrawn!.email), { tombstone: "withdrawn" });
    t.match(items.get(beside!.email), { registrationId: beside!.id });
    t.match(await cell.outcomes(), [{ id: withdrawn!.id, outcome: "withdrawn" }]);
  },
);

t.test("what an older version gave up is a record for each person, which says what it is", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const { body, entries } = laterPack(4);
  // As SQS moves it: without a reason.
  await cell.put([body], cell.deadLetterQueueUrl);
  await cell.startTier("worker");
  await eventually(async () => (await cell.deadLetters()).length === entries.length, "each has a record", 60_000);
  for (const record of await cell.deadLetters()) {
    const entry = entries.find(({ id }) => id === record.id);
    t.match(record, { reason: "unsupported-version", email: entry?.email, submittedAt: entry?.submittedAt });
    t.same(JSON.parse(record.body ?? ""), { v: 9, registrations: [entry] });
  }
});

t.test("what a too strict worker rejected is replayed as soon as the code can read it, without an edit", async (t) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const later = { ...somebody(), locale: "de", tags: ["speaker"] };
  // As the version before this one left it: a property that it did not know made it no registration.
  await cell.put([encodePack([later])], cell.deadLetterQueueUrl);
  await cell.startTier("worker");
  await eventually(async () => (await cell.deadLetters()).length === 1, "it is recorded", 60_000);
  const env = { ...cell.environment };
  await stripRegistration(cell, later.id);
  const dryRun = await runCommand(["dead-letters", "replay", later.id, "--json"], { env });
  t.match(dryRun.json(), { counts: { replayable: 1 } });
  const replayed = await runCommand(["dead-letters", "replay", later.id, "--execute", "--json"], { env });
  t.match(replayed.json(), { counts: { resolved: 1 } }, replayed.stdout);
  t.match(await cell.items(), [{ registrationId: later.id, locale: "de", tags: ["speaker"] }]);
});

t.test(
  "a number that no table takes costs its registration one dead letter, which can be mended and replayed",
  async (t) => {
    const cell = await engines.createCell();
    t.teardown(() => cell.close());
    const tiny = somebody({ answers: { guests: 1e-200 } });
    const neighbours = people(30);
    await cell.put([encodePack([...neighbours, tiny])]);
    const worker = await cell.startTier("worker");
    await eventually(async () => (await cell.deadLetters()).length === 1, "it is recorded", 60_000);
    await cell.drained();
    const [record] = await cell.deadLetters();
    t.match(record, { id: tiny.id, reason: "rejected-by-table", failures: 1 });
    t.notOk("registration" in record!);
    t.same(registrationIn(record!.body!), tiny, "and yet nothing of it is lost");
    await eventually(() => worker.log.some(({ msg }) => /kept as its body alone/.test(String(msg))), "it is told");
    const env = { ...cell.environment };
    const edited = await runCommand(["dead-letters", "edit", tiny.id, "--set", "answers.guests=0", "--execute"], {
      env,
    });
    t.equal(edited.code, 0, edited.stderr);
    const replayed = await runCommand(["dead-letters", "replay", tiny.id, "--execute", "--json"], { env });
    t.match(replayed.json(), { counts: { resolved: 1 } }, replayed.stdout);
    const items = await cell.items();
    t.equal(items.length, neighbours.length + 1);
    t.match(
      items.find(({ registrationId }) => registrationId === tiny.id),
      { email: tiny.email, answers: { guests: 0 } },
    );
  },
);

async function stripRegistration(cell: Awaited<ReturnType<typeof engines.createCell>>, id: string): Promise<void> {
  await cell.documents.send(
    new UpdateCommand({
      TableName: cell.deadLettersTable,
      Key: { id },
      UpdateExpression: "REMOVE registration SET reason = :reason",
      ExpressionAttributeValues: { ":reason": "invalid-registration" },
    }),
  );
}
