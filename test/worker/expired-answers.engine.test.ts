import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { Registry } from "prom-client";
import { t } from "../equipment/file-test.ts";
import { createExpiredAnswersRemoval, type ExpiredAnswersOptions } from "../../worker/expired-answers.ts";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { createExpiredFields } from "../../shared/registration/answer-expiry.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { createTombstone } from "../../shared/registration/tombstone.ts";
import { deadLetter, person, putAll, unreadable } from "../equipment/dead-letter-seeds.ts";
import { startEngines } from "../equipment/engines.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());
const { documents } = engines;

const hourMs = 3_600_000;
const expiresAt = "2026-05-24T00:00:00Z";
const event = {
  fields: [
    { id: "diet", type: "text" as const, label: "Dietary needs", expiresAt },
    { id: "hotel", type: "text" as const, label: "Hotel", expiresAt: "2026-06-24T00:00:00Z" },
    { id: "guests", type: "number" as const, label: "Guests" },
  ],
};
const answers = { diet: "vegan", hotel: "Seeblick", guests: 2 };
const left = { hotel: "Seeblick", guests: 2 };

function stored(number: number, changes: object = {}) {
  const { id, ...content } = person(number);
  return { ...content, answers, registrationId: id, storedAt: "2026-01-02T00:00:00.000Z", ...changes };
}

async function prepare(changes: Partial<ExpiredAnswersOptions> = {}) {
  const registrationsTable = await engines.createTable();
  const deadLettersTable = await engines.createTable("id");
  const activityTable = await engines.createTable("bucket");
  const registry = new Registry();
  const log = recordLog();
  let time = Date.parse(expiresAt) + hourMs;
  const task = createExpiredAnswersRemoval({
    documents,
    registrationsTable,
    deadLettersTable,
    activityTable,
    expired: createExpiredFields(event),
    registry,
    logger: log.logger,
    wallClock: () => time,
    stopping: new AbortController().signal,
    ...changes,
  });
  async function itemOf(number: number) {
    const { email } = person(number);
    return (await documents.send(new GetCommand({ TableName: registrationsTable, Key: { email } }))).Item;
  }
  const store = createDeadLetterStore(documents, deadLettersTable);
  const setTime = (at: number) => (time = at);
  return { task, setTime, registry, log, itemOf, store, registrationsTable, deadLettersTable, activityTable };
}

t.test("what has expired is removed from registrations, and nothing else of them", async (t) => {
  const { task, setTime, itemOf, registry, log, registrationsTable } = await prepare();
  const numbers = Array.from({ length: 60 }, (_, number) => number);
  await putAll(documents, registrationsTable, [
    ...numbers.map((number) => stored(number)),
    stored(100, { answers: { guests: 1 } }),
    createTombstone(person(101).email, "withdrawn", person(101).id, 0),
  ]);
  setTime(Date.parse(expiresAt) - 1);
  t.equal(await task(), undefined, "nothing before its time");
  t.same((await itemOf(0))?.answers, answers);
  setTime(Date.parse(expiresAt));
  t.match(await task(), { fields: ["diet"], registrations: 60, deadLetters: 0, left: 0, complete: true });
  for (const number of numbers) t.same(await itemOf(number), stored(number, { answers: left }));
  t.same((await itemOf(100))?.answers, { guests: 1 });
  t.match(await itemOf(101), { tombstone: "withdrawn" }, "no answers appear in a tombstone");
  t.match(await registry.metrics(), 'turnout_expired_answers_removed_total{from="registration"} 60');
  t.equal(log.records.filter(({ msg }) => msg === "expired answers were removed").length, 1);
  t.notMatch(JSON.stringify(log.records), /vegan|@example/);
});

t.test("a pass a day: until then a run reads nothing, and another field that expires begins one at once", async (t) => {
  const { task, setTime, itemOf, registrationsTable } = await prepare();
  await putAll(documents, registrationsTable, [stored(1)]);
  const at = Date.parse(expiresAt) + hourMs;
  t.match(await task(), { registrations: 1, complete: true });
  // A worker whose clock is slow.
  await putAll(documents, registrationsTable, [stored(2)]);
  setTime(at + 2 * hourMs);
  t.equal(await task(), undefined);
  setTime(at + 24 * hourMs);
  t.match(await task(), { registrations: 1 }, "what was stored late");
  setTime(Date.parse("2026-06-24T00:00:00Z"));
  t.match(await task(), { fields: ["diet", "hotel"], registrations: 2 });
  t.same((await itemOf(1))?.answers, { guests: 2 });
  t.match(await task(), undefined);
});

t.test("a run that is ended early is gone on with by the next", async (t) => {
  const { task, registrationsTable, activityTable, itemOf } = await prepare({ stopping: AbortSignal.abort() });
  await putAll(documents, registrationsTable, [stored(1)]);
  t.match(await task(), { registrations: 0, complete: false });
  t.match(await engines.items(activityTable), [{ bucket: "expired-answers", fields: "diet", segment: 0 }]);
  // Where an earlier run came to the end of the registrations, only dead letters are left.
  const later = await prepare();
  await putAll(documents, later.registrationsTable, [stored(1)]);
  await putAll(documents, later.activityTable, [
    { bucket: "expired-answers", fields: "diet", segment: 64, passedAt: "" },
  ]);
  t.match(await later.task(), { registrations: 0, complete: true });
  t.same((await later.itemOf(1))?.answers, answers, "which this run left to the one before");
  t.same((await itemOf(1))?.answers, answers);
  t.notMatch(JSON.stringify(await engines.items(later.activityTable)), "@", "no address is kept as a position");
});

t.test("concurrent changes win: a correction keeps its answers, a withdrawal stays one", async (t) => {
  const name = "Corrected meanwhile";
  const changed = { diet: "none", guests: 4 };
  const { task, itemOf, registrationsTable, deadLettersTable, activityTable } = await prepare();
  await putAll(documents, registrationsTable, [stored(1), stored(2), stored(3), stored(4)]);
  const Key = (number: number) => ({ email: person(number).email });
  // Between its scan and its removal.
  const meanwhile = {
    1: () =>
      documents.send(
        new UpdateCommand({
          TableName: registrationsTable,
          Key: Key(1),
          UpdateExpression: "SET #name = :name, answers = :answers",
          ExpressionAttributeNames: { "#name": "name" },
          ExpressionAttributeValues: { ":name": name, ":answers": changed },
        }),
      ),
    2: () =>
      documents.send(
        new PutCommand({
          TableName: registrationsTable,
          Item: createTombstone(person(2).email, "withdrawn", person(2).id, Date.now()),
        }),
      ),
    3: () =>
      documents.send(
        new PutCommand({ TableName: registrationsTable, Item: stored(3, { registrationId: "another-registration" }) }),
      ),
    4: () => documents.send(new DeleteCommand({ TableName: registrationsTable, Key: Key(4) })),
  };
  const slow = engines.createDocuments({});
  slow.middlewareStack.add(
    (next) => async (request) => {
      const { Key: key } = request.input as { Key?: { email?: { S?: string } | string } };
      const email = typeof key?.email === "string" ? key.email : key?.email?.S;
      for (const number of [1, 2, 3, 4] as const) if (email === person(number).email) await meanwhile[number]();
      return next(request);
    },
    { step: "initialize" },
  );
  const hindered = createExpiredAnswersRemoval({
    documents: slow,
    registrationsTable,
    deadLettersTable,
    activityTable,
    expired: createExpiredFields(event),
    registry: new Registry(),
    logger: recordLog().logger,
    wallClock: () => Date.parse(expiresAt) + hourMs,
    stopping: new AbortController().signal,
  });
  t.match(await hindered(), { registrations: 1, left: 3, complete: true });
  t.match(await itemOf(1), { name, answers: { guests: 4 } }, "the correction, without what has expired");
  t.notOk((await itemOf(1))?.answers.diet);
  t.match(await itemOf(2), { tombstone: "withdrawn" });
  t.notOk((await itemOf(2))?.answers, "a withdrawn registration gets nothing back");
  t.match(await itemOf(3), { registrationId: "another-registration", answers }, "which the next pass will see");
  t.equal(await itemOf(4), undefined, "nor is one made out of nothing");
  t.equal(await task(), undefined);
});

t.test("dead letters lose it in registration, body and history, and can still be replayed", async (t) => {
  const { task, store, registry, deadLettersTable } = await prepare();
  const held = (number: number, changes: Partial<DeadLetterRecord> = {}) => {
    const registration = { ...person(number), answers };
    return deadLetter(number, { registration, body: encodePack([registration]), ...changes });
  };
  const edited = {
    at: "2026-02-01T00:00:00.000Z",
    who: "ann",
    what: "edited",
    detail: "asked by phone",
    changes: { "answers.diet": { from: "meat", to: "vegan" }, name: { from: "A", to: "B" } },
  } as const;
  const broken = '{"v":1,"registrations":[{"answers":{"diet":"vegan"';
  await putAll(documents, deadLettersTable, [
    held(1, { history: [edited] }),
    held(2, { state: "resolved" }),
    held(3, { claim: "c", claimedBy: "ann", claimedUntil: "2026-05-25T00:00:00.000Z" }),
    deadLetter(4),
    unreadable("raw-1", broken),
    { id: "log#2026-01-01#1", at: "", who: "ann", action: "edit", ids: [], detail: "", why: "" },
    { id: `${person(5).id}#1`, partOf: person(5).id, bytes: new Uint8Array(3) },
  ]);
  t.match(await task(), { registrations: 0, deadLetters: 2, left: 1, complete: true });
  const mended = await store.read(person(1).id);
  t.same(mended?.registration?.answers, left);
  t.same(JSON.parse(mended?.body ?? ""), JSON.parse(encodePack([{ ...person(1), answers: left }])));
  t.same(mended?.history[0], { ...edited, changes: { name: edited.changes.name } });
  t.match(mended?.history[1], { who: "worker", what: "expired", detail: /diet/ });
  t.equal(mended?.state, "open");
  t.same((await store.read(person(2).id))?.registration?.answers, left);
  t.same(
    await store.read(person(3).id),
    held(3, { claim: "c", claimedBy: "ann", claimedUntil: "2026-05-25T00:00:00.000Z" }),
  );
  t.same(await store.read(person(4).id), deadLetter(4), "one that holds nothing of it is not touched");
  t.equal((await store.read("raw-1"))?.body, broken, "what is no JSON stays as it came");
  t.match(await registry.metrics(), 'turnout_expired_answers_removed_total{from="dead-letter"} 2');
});

t.test("an edit that was begun before the removal is refused, so that it cannot bring the answer back", async (t) => {
  const { task, store, deadLettersTable } = await prepare();
  const registration = { ...person(1), answers };
  const seen = deadLetter(1, { registration, body: encodePack([registration]) });
  await putAll(documents, deadLettersTable, [seen]);
  await task();
  const entry = { at: "2026-05-24T02:00:00.000Z", who: "ann", what: "edited", detail: "" } as const;
  t.equal(await store.saveEdit(seen, registration, entry), false);
  t.same((await store.read(seen.id))?.registration?.answers, left);
});
