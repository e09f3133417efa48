import { PutCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { createDrainPace } from "../../web/drain-pace.ts";
import { createStatusReader } from "../../web/registration-status.ts";
import { createStatusReads } from "../../web/status-reads.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";

const engines = await startEngines();
t.teardown(() => engines.close());
t.afterEach(() => engines.calm());

const submittedAt = "2026-03-01T10:00:00.000Z";

async function prepare() {
  const [registrationsTable, deadLettersTable] = [await engines.createTable(), await engines.createTable("id")];
  let time = Date.parse(submittedAt);
  const pace = createDrainPace();
  const reader = createStatusReader({
    reads: createStatusReads({
      documents: engines.createDocuments({ requestTimeoutMs: 300, maxAttempts: 1 }),
      registrationsTable,
      deadLettersTable,
      maxReadsInFlight: 2,
      maxWaiting: 100,
    }),
    pace,
    wallClock: () => time,
  });
  const put = (table: string, item: Record<string, unknown>) =>
    engines.documents.send(new PutCommand({ TableName: table, Item: item }));
  return {
    pace,
    read: (email: string, registrationId: string) => reader.read({ email, registrationId, submittedAt }),
    advance: (ms: number) => (time += ms),
    register: (email: string, registrationId: string, storedAt = "2026-03-01T10:00:04.000Z") =>
      put(registrationsTable, { email, registrationId, name: "N", answers: {}, submittedAt, storedAt }),
    deadLetter: (id: string, state: string) => put(deadLettersTable, { id, state }),
  };
}

t.test("pending until it is in the table, then confirmed", async (t) => {
  const { read, register } = await prepare();
  t.equal(await read("ada@example.org", "ada-1"), "pending");
  await register("ada@example.org", "ada-1");
  t.equal(await read("ada@example.org", "ada-1"), "confirmed");
});

t.test("a second submission of an address is confirmed too, at the pace of a first one and not faster", async (t) => {
  const { read, register, advance, pace } = await prepare();
  for (let count = 0; count < 20; count += 1) pace.observe(submittedAt, "2026-03-01T10:00:03.000Z");
  await register("ada@example.org", "ada-1");
  t.equal(await read("ada@example.org", "ada-2"), "pending", "as somebody new would be");
  advance(2_999);
  t.equal(await read("ada@example.org", "ada-2"), "pending");
  advance(1);
  t.equal(await read("ada@example.org", "ada-2"), "confirmed");
});

t.test("the pace is learnt from those who were really stored", async (t) => {
  const { read, register, pace } = await prepare();
  const before = pace.typicalDelayMs("anybody");
  await register("ada@example.org", "ada-1", "2026-03-01T10:00:07.500Z");
  await read("ada@example.org", "ada-1");
  t.not(pace.typicalDelayMs("anybody"), before);
  t.equal(pace.typicalDelayMs("anybody"), 7_500);
});

t.test(
  "what an organiser has to look at needs attention, until it is stored or resolved under another address",
  async (t) => {
    const { read, register, deadLetter } = await prepare();
    for (const state of ["open", "replayed", "discarded"]) {
      await deadLetter("eve-1", state);
      t.equal(await read("eve@example.org", "eve-1"), "needs-attention", state);
    }
    await deadLetter("eve-1", "resolved");
    t.equal(await read("eve@example.org", "eve-1"), "confirmed");
    await deadLetter("bob-1", "open");
    await register("bob@example.org", "bob-1");
    t.equal(await read("bob@example.org", "bob-1"), "confirmed", "the table has the last word");
  },
);

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
  const { read, register } = await prepare();
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
