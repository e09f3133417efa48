import { SendMessageCommand, type MessageAttributeValue } from "@aws-sdk/client-sqs";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { idOfBody, type DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons } from "../../shared/dead-letters/dead-letter.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { createDeadLetterCollector } from "../../worker/dead-letter-collector.ts";
import { createDeadLettersTable } from "../../worker/dead-letters-table.ts";
import { createRetryingCaller } from "../../worker/retrying-caller.ts";
import { withoutChanges } from "../equipment/change-writer.ts";
import { startEngines } from "../equipment/engines.ts";
import { people, somebody } from "../equipment/people.ts";
import { recordLog } from "../equipment/recorded-log.ts";
import { createQuickBreaker } from "../equipment/quick-breaker.ts";

const engines = await startEngines(t);

const tableName = await engines.createTable("id");
const wallClock = () => Date.parse("2026-03-01T12:00:00.000Z");
const breaker = createQuickBreaker();
const width = 8;
const collector = createDeadLetterCollector({
  ...withoutChanges,
  table: createDeadLettersTable({
    documents: engines.documents,
    tableName,
    caller: createRetryingCaller(breaker, { width }),
    logger: recordLog().logger,
    wallClock,
  }),
  wallClock,
});

async function read(id: string): Promise<DeadLetterRecord> {
  const { Item } = await engines.documents.send(new GetCommand({ TableName: tableName, Key: { id } }));
  return Item as DeadLetterRecord;
}

const text = (value: string): MessageAttributeValue => ({ DataType: "String", StringValue: value });

const { deadLetterUrl } = await engines.createQueue();

/** Sends a message through the real queue and collects what comes out; what was taken before stays hidden. */
async function collect(body: string, attributes: Record<string, string> = {}): Promise<boolean> {
  await engines.sqs.send(
    new SendMessageCommand({
      QueueUrl: deadLetterUrl,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, text(value)])),
    }),
  );
  const [message] = await engines.take(deadLetterUrl);
  return collector.collect(message!);
}

t.test("a registration that a worker gave up is recorded under its own id, with reason and time", async (t) => {
  const registration = somebody();
  const body = encodePack([registration]);
  const attributes = {
    reason: "item-too-large",
    detail: "500 KB",
    failedAt: "2026-03-01T11:00:00.000Z",
    attempts: "2",
  };
  t.equal(await collect(body, attributes), true);
  t.match(await read(registration.id), {
    state: "open",
    reason: "item-too-large",
    detail: "500 KB",
    body,
    registration,
    submittedAt: registration.submittedAt,
    firstFailedAt: "2026-03-01T11:00:00.000Z",
  });
});

t.test("a replay that fails is recorded where it came from, not as a second record", async (t) => {
  const replay = somebody({ replayOf: "the-first-record" });
  await collect(encodePack([replay]), { reason: "rejected-by-table" });
  t.match(await read("the-first-record"), { registration: { id: replay.id } });
  t.equal(await read(replay.id), undefined);
});

t.test("a pack that SQS moved as a whole becomes a record for each person in it", async (t) => {
  const all = people(5);
  t.equal(await collect(encodePack(all)), true);
  for (const registration of all) {
    t.match(await read(registration.id), {
      reason: "crash-loop",
      registration,
      body: encodePack([registration]),
      firstFailedAt: new Date(wallClock()).toISOString(),
    });
  }
});

t.test(
  "however many people a pack has, only so many records are written at once, and it opens no breaker",
  async (t) => {
    let underWay = 0;
    let most = 0;
    engines.dynamoDbProxy.intervene(async ({ operation }) => {
      if (operation !== "PutItem") return undefined;
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return undefined;
    });
    const all = people(250);
    t.equal(await collect(encodePack(all)), true);
    engines.calm();
    t.ok(most > 1 && most <= width, `${most} at once`);
    for (const { id } of all) t.ok(await read(id));
    t.equal(breaker.state, "closed");
  },
);

t.test("entries that are no registrations are kept beside their neighbours", async (t) => {
  const good = somebody();
  const entries = [good, { id: "has-an-id-1", email: 5 }, null, "text"];
  t.equal(await collect(JSON.stringify({ v: 1, registrations: entries })), true);
  t.match(await read(good.id), { registration: good });
  const withId = await read("has-an-id-1");
  t.same(JSON.parse(withId.body!), { v: 1, registrations: [{ id: "has-an-id-1", email: 5 }] });
  for (const entry of ["null", '"text"']) {
    const own = `{"v":1,"registrations":[${entry}]}`;
    t.match(await read(idOfBody(own)), { body: own });
  }
});

t.test("whatever is no pack is kept byte for byte, and the same bytes are one record", async (t) => {
  for (const body of ["not JSON", "{}", '{"v":9,"registrations":[]}', '"\u20ac \\ud83d"', "[".repeat(20_000), " "]) {
    t.equal(await collect(body, { reason: "malformed" }), true, body.slice(0, 20));
    t.equal(await collect(body, { reason: "malformed" }), true);
    t.match(await read(idOfBody(body)), { body, failures: 2, reason: "malformed" });
  }
});

/** As a later version writes them: entries that this one cannot know, with what every version keeps readable. */
function laterPack(count: number): { body: string; entries: Record<string, unknown>[] } {
  const entries = people(count).map(({ id, email, submittedAt, name }) => ({
    id,
    email,
    submittedAt,
    person: { name },
  }));
  return { body: JSON.stringify({ v: 9, event: "summit", registrations: entries }), entries };
}

t.test("a pack of another version becomes a record for each registration, with its raw entry", async (t) => {
  const { body, entries } = laterPack(4);
  t.equal(await collect(body, { reason: "unsupported-version", detail: "version 9" }), true);
  for (const entry of entries) {
    const record = await read(String(entry.id));
    t.match(record, {
      reason: "unsupported-version",
      email: entry.email,
      submittedAt: entry.submittedAt,
      state: "open",
    });
    t.same(JSON.parse(record.body!), { v: 9, event: "summit", registrations: [entry] });
    t.notOk("registration" in record);
  }
});

t.test("such a pack that SQS gave up is named for what it is, and not a crash loop", async (t) => {
  const { body, entries } = laterPack(1);
  t.equal(await collect(body), true);
  t.match(await read(String(entries[0]!.id)), { reason: "unsupported-version", detail: /another version/, body });
  const known = somebody();
  await collect(encodePack([known]));
  t.equal((await read(known.id)).reason, "crash-loop", "control: one that this version knows is one");
});

t.test("an entry that this version finds wrong keeps address and time readable, if they are", async (t) => {
  const [first, second] = people(2);
  const entries = [
    { ...first, replayOf: "the-record-of-it", claim: "c", consents: { mail: { from: 1 } } },
    { ...second, email: 5, submittedAt: "yesterday", name: "\ud800" },
  ];
  t.equal(await collect(JSON.stringify({ v: 1, registrations: entries }), { reason: "invalid-registration" }), true);
  t.match(await read("the-record-of-it"), { email: first!.email, submittedAt: first!.submittedAt });
  const wrong = await read(second!.id);
  t.notOk("email" in wrong || "submittedAt" in wrong);
  t.same(JSON.parse(wrong.body!).registrations, [entries[1]]);
});

t.test("optional properties of a later version stay with the registration", async (t) => {
  const later = { ...somebody(), locale: "de", tags: ["a", 1, null], consent: { mail: true } };
  t.equal(await collect(encodePack([later])), true);
  t.match(await read(later.id), { registration: later, body: encodePack([later]) });
});

t.test("an id in an entry that could not be a key of ours is not used as one", async (t) => {
  for (const id of ["short", "x".repeat(65), "with space", "../../etc", 5, null]) {
    const body = JSON.stringify({ v: 1, registrations: [{ id }] });
    t.equal(await collect(body), true);
    t.match(await read(idOfBody(body)), { body });
  }
});

t.test("a reason that nobody knows is not taken over", async (t) => {
  for (const reason of ["made-up", "constructor", "CRASH-LOOP"]) {
    const registration = somebody();
    await collect(encodePack([registration]), { reason });
    t.equal((await read(registration.id)).reason, "crash-loop");
  }
  for (const reason of deadLetterReasons) {
    const registration = somebody();
    await collect(encodePack([registration]), { reason });
    t.equal((await read(registration.id)).reason, reason);
  }
});
