import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { createStatusReader, settlingMs } from "../../../web/status/registration-status.ts";
import { createStatusReads } from "../../../web/status/status-reads.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const submittedAt = "2026-03-01T10:00:00.000Z";
/** Long enough ago to be shown. */
const longAgo = "2026-03-01T09:59:58.000Z";
const dayMs = 86_400_000;

async function prepare(requestTimeoutMs = 20_000) {
  const [registrationsTable, outcomesTable, deadLettersTable] = [
    await engines.createTable(),
    await engines.createTable("id"),
    await engines.createTable("id"),
  ];
  let time = Date.parse(submittedAt);
  const reader = createStatusReader({
    reads: createStatusReads({
      documents: engines.createDocuments({ requestTimeoutMs, maxAttempts: 1 }),
      registrationsTable,
      outcomesTable,
      deadLettersTable,
      maxReadsInFlight: 2,
      maxWaiting: 100,
      random: () => 0,
    }),
    wallClock: () => time,
    expired: (now) => new Set(now < Date.parse(submittedAt) + dayMs ? [] : ["diet"]),
  });
  const put = (table: string, item: object) => engines.documents.send(new PutCommand({ TableName: table, Item: item }));
  return {
    read: async (email: string, registrationId: string) =>
      (await reader.read({ email, registrationId, submittedAt }))?.status,
    whole: (email: string, registrationId: string, mailbox?: true) =>
      reader.read({ email, registrationId, submittedAt, ...(mailbox && { mailbox }) }),
    advance: (ms: number) => (time += ms),
    register: (email: string, registrationId: string, storedAt = longAgo, more: object = {}) =>
      put(registrationsTable, { email, registrationId, name: "N", answers: {}, submittedAt, storedAt, ...more }),
    bury: (email: string, kind: "erased" | "withdrawn", id: string) =>
      put(registrationsTable, createTombstone(email, kind, id, time)),
    outcome: (id: string, outcome: string, at = longAgo) => put(outcomesTable, { id, outcome, at }),
    deadLetter: (id: string, state: string) => put(deadLettersTable, { id, state }),
  };
}

t.test("pending until it is in the table, then confirmed", async (t) => {
  const { read, register } = await prepare();
  t.equal(await read("ada@example.org", "ada-1"), "pending");
  await register("ada@example.org", "ada-1");
  t.equal(await read("ada@example.org", "ada-1"), "confirmed");
});

t.test("a second submission of an address is pending until its own outcome is written, however long", async (t) => {
  const { read, register, advance, outcome } = await prepare();
  await register("ada@example.org", "ada-1");
  for (const ms of [0, 60_000, dayMs]) {
    advance(ms);
    t.equal(await read("ada@example.org", "ada-2"), "pending", "as somebody new would be");
  }
  await outcome("ada-2", "duplicate");
  t.equal(await read("ada@example.org", "ada-2"), "confirmed");
});

t.test("item and outcome of the same insert are shown at the same moment, a while after it", async (t) => {
  for (const [waitedMs, shownAfterMs] of [
    [0, 750],
    [1_000, 750],
    [4_000, 2_000],
    [60_000, 5_000],
  ] as const) {
    const { read, register, outcome, advance } = await prepare();
    const at = new Date(Date.parse(submittedAt) + waitedMs).toISOString();
    t.equal(settlingMs(submittedAt, at), shownAfterMs);
    await register("ada@example.org", "ada-1", at);
    await outcome("ada-2", "duplicate", at);
    const both = async () => [await read("ada@example.org", "ada-1"), await read("ada@example.org", "ada-2")];
    advance(waitedMs);
    t.same(await both(), ["pending", "pending"]);
    advance(shownAfterMs - 1);
    t.same(await both(), ["pending", "pending"]);
    advance(1);
    t.same(await both(), ["confirmed", "confirmed"], `after ${waitedMs} ms on the queue`);
  }
});

t.test("a worker whose clock is far ahead makes nobody wait", async (t) => {
  const { read, register, outcome } = await prepare();
  const ahead = new Date(Date.parse(submittedAt) + 20 * 60_000).toISOString();
  await register("ada@example.org", "ada-1", ahead);
  await outcome("ada-2", "duplicate", ahead);
  for (const id of ["ada-1", "ada-2"]) t.equal(await read("ada@example.org", id), "confirmed");
});

t.test("what was erased or given up is told at once, and so is what an organiser reviews", async (t) => {
  const { read, register, outcome, deadLetter } = await prepare();
  await outcome("a", "discarded", submittedAt);
  await outcome("b", "erased", submittedAt);
  await deadLetter("c", "open");
  await register("c@example.org", "c", submittedAt);
  t.same([await read("a@x.org", "a"), await read("b@x.org", "b")], ["declined", undefined]);
  t.equal(await read("c@example.org", "c"), "needs-attention", "stored a moment ago, after a replay");
});

t.test("what an organiser has to decide needs attention, until it is settled", async (t) => {
  const { read, register, deadLetter } = await prepare();
  for (const state of ["open", "replayed", "storing"]) {
    await deadLetter("eve-1", state);
    t.equal(await read("eve@example.org", "eve-1"), "needs-attention", state);
  }
  await deadLetter("eve-1", "resolved");
  t.equal(await read("eve@example.org", "eve-1"), "confirmed", "under another address");
  await deadLetter("bob-1", "open");
  await register("bob@example.org", "bob-1");
  t.equal(await read("bob@example.org", "bob-1"), "confirmed", "the table has the last word");
  await deadLetter("pat-1", "discarded");
  t.equal(await read("pat@example.org", "pat-1"), "declined");
});

t.test("an outcome is final, whatever stands under the address or in the dead letters", async (t) => {
  const { read, register, outcome, deadLetter } = await prepare();
  await register("ada@example.org", "ada-1");
  for (const [kind, status] of [
    ["duplicate", "confirmed"],
    ["discarded", "declined"],
    ["withdrawn", "withdrawn"],
    ["erased", undefined],
  ] as const) {
    await outcome(`ada-${kind}`, kind);
    await deadLetter(`ada-${kind}`, "open");
    t.equal(await read("ada@example.org", `ada-${kind}`), status, kind);
    t.equal(await read("nobody@example.org", `ada-${kind}`), status, kind);
  }
});

t.test(
  "who was erased has no status, who withdrew is told so, and another receipt of the address neither",
  async (t) => {
    const { read, bury, outcome } = await prepare();
    await bury("ada@example.org", "erased", "ada-1");
    await bury("bob@example.org", "withdrawn", "bob-1");
    await outcome("bob-1", "withdrawn");
    t.equal(await read("ada@example.org", "ada-1"), undefined);
    t.equal(await read("bob@example.org", "bob-1"), "withdrawn");
    t.equal(await read("ada@example.org", "ada-2"), "pending", "the queue may hold it: a later one is stored");
    await outcome("ada-2", "erased");
    t.equal(await read("ada@example.org", "ada-2"), undefined);
  },
);

t.test("a withdrawal is shown when its outcome is written, for a registration as for a duplicate", async (t) => {
  const { read, bury, outcome, advance, register } = await prepare();
  const both = async () => [await read("ada@example.org", "ada-1"), await read("bob@example.org", "bob-2")];
  await register("ada@example.org", "ada-1");
  await register("bob@example.org", "bob-1");
  await outcome("bob-2", "duplicate");
  advance(60_000);
  t.same(await both(), ["confirmed", "confirmed"]);
  for (const id of ["ada-1", "bob-2"]) await outcome(id, "withdrawn");
  t.same(await both(), ["withdrawn", "withdrawn"], "before the tombstone, which a duplicate does not get");
  await bury("ada@example.org", "withdrawn", "ada-1");
  t.same(await both(), ["withdrawn", "withdrawn"]);
  t.equal(await read("bob@example.org", "bob-1"), "confirmed", "and nobody else's");
});

t.test("who withdraws while the registration is on its way is never told that it is confirmed", async (t) => {
  const { read, bury, outcome, register, advance } = await prepare();
  advance(60_000);
  const now = new Date(Date.parse(submittedAt) + 60_000).toISOString();
  await register("ada@example.org", "ada-1", now);
  await outcome("bob-2", "duplicate", now);
  const both = async () => [await read("ada@example.org", "ada-1"), await read("bob@example.org", "bob-2")];
  t.same(await both(), ["pending", "pending"]);
  for (const id of ["ada-1", "bob-2"]) await outcome(id, "withdrawn", now);
  t.same(await both(), ["withdrawn", "withdrawn"]);
  await bury("ada@example.org", "withdrawn", "ada-1");
  t.same(await both(), ["withdrawn", "withdrawn"]);
});

t.test("what is stored is told to a receipt from a mail, once it is confirmed, and to no other", async (t) => {
  const { whole, register, bury, outcome, advance } = await prepare();
  await register("ada@example.org", "ada-1", submittedAt);
  const content = { name: "N", answers: {} };
  t.same(await whole("ada@example.org", "ada-1", true), { status: "pending" });
  advance(settlingMs(submittedAt, submittedAt));
  const [mailed, plain, other] = await Promise.all([
    whole("ada@example.org", "ada-1", true),
    whole("ada@example.org", "ada-1"),
    whole("ada@example.org", "ada-2", true),
  ]);
  t.same(mailed, { status: "confirmed", content });
  t.same(plain, { status: "confirmed" }, "not even when both are read by one call");
  t.same(other, { status: "pending" }, "nor one of another registration");
  await bury("ada@example.org", "withdrawn", "ada-1");
  await outcome("ada-1", "withdrawn");
  t.same(await whole("ada@example.org", "ada-1", true), { status: "withdrawn" });
});

t.test("the time of the latest correction is told, only of this registration", async (t) => {
  const { whole, register } = await prepare();
  const changedAt = "2026-03-01T12:00:00.000Z";
  await register("ada@example.org", "ada-1", longAgo, { changedAt, mailbox: true });
  t.same(await whole("ada@example.org", "ada-1"), { status: "confirmed", changedAt });
  t.same(await whole("ada@example.org", "ada-2"), { status: "pending" });
});

t.test("what is older than the queue keeps messages, and is nowhere, is unknown", async (t) => {
  const { read, register, advance } = await prepare();
  advance(14 * dayMs - 1);
  t.equal(await read("ada@example.org", "ada-1"), "pending");
  advance(1);
  t.equal(await read("ada@example.org", "ada-1"), undefined);
  await register("ada@example.org", "ada-1");
  t.equal(await read("ada@example.org", "ada-1"), "confirmed", "what is there is told at any age");
});

t.test("many who ask at once get each their own answer, in few calls", async (t) => {
  const { read, register } = await prepare();
  for (let person = 0; person < 10; person += 1) await register(`p${person}@example.org`, `p-${person}`);
  const before = engines.dynamoDbProxy.callsOf("BatchGetItem").length;
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, person) => read(`p${person}@example.org`, `p-${person}`)),
  );
  t.same(
    answers,
    Array.from({ length: 60 }, (_, person) => (person < 10 ? "confirmed" : "pending")),
  );
  t.ok(engines.dynamoDbProxy.callsOf("BatchGetItem").length - before <= 4);
});

t.test("a table that is down, denied or throttled is told as such, never as a status", async (t) => {
  const { read, register } = await prepare(1_500);
  await register("ada@example.org", "ada-1");
  for (const intervention of [
    "cut",
    "swallow",
    awsError("AccessDeniedException"),
    awsError("ThrottlingException"),
  ] as const) {
    engines.dynamoDbProxy.intervene(() => intervention);
    await t.rejects(read("ada@example.org", "ada-1"), { code: "TURNOUT_TABLE_UNAVAILABLE", retryable: true });
  }
  engines.dynamoDbProxy.intervene(({ input }) => ({ answer: { Responses: {}, UnprocessedKeys: input.RequestItems } }));
  await t.rejects(read("ada@example.org", "ada-1"), { code: "TURNOUT_TABLE_UNAVAILABLE" });
  engines.calm();
  t.equal(await read("ada@example.org", "ada-1"), "confirmed");
});

t.test("an answer that has expired is not shown any more, though it is still stored", async (t) => {
  const { whole, register, advance } = await prepare();
  await register("ada@example.org", "ada-1", longAgo, { answers: { diet: "vegan", guests: 2 } });
  advance(dayMs - 1);
  t.same((await whole("ada@example.org", "ada-1", true))?.content?.answers, { diet: "vegan", guests: 2 });
  advance(1);
  t.same((await whole("ada@example.org", "ada-1", true))?.content?.answers, { guests: 2 });
});
