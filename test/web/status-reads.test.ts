import { PutCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { createStatusReads, type StatusReadsOptions } from "../../web/status-reads.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { eventually } from "../equipment/eventually.ts";

const engines = await startEngines();
t.teardown(() => engines.close());
t.afterEach(() => engines.calm());

async function prepare(options: Partial<StatusReadsOptions> = {}) {
  const [registrationsTable, deadLettersTable] = [await engines.createTable(), await engines.createTable("id")];
  const reads = createStatusReads({
    documents: engines.createDocuments({ requestTimeoutMs: 2_000, maxAttempts: 1 }),
    registrationsTable,
    deadLettersTable,
    maxReadsInFlight: 2,
    maxWaiting: 1_000,
    ...options,
  });
  const before = engines.dynamoDbProxy.callsOf("BatchGetItem").length;
  const put = (table: string, item: Record<string, unknown>) =>
    engines.documents.send(new PutCommand({ TableName: table, Item: item }));
  return {
    reads,
    calls: () => engines.dynamoDbProxy.callsOf("BatchGetItem").slice(before),
    register: (email: string, registrationId: string) =>
      put(registrationsTable, { email, registrationId, storedAt: "2026-03-01T10:00:01.000Z", name: "secret" }),
    deadLetter: (id: string, state: string) => put(deadLettersTable, { id, state, body: "secret" }),
    keysOf: (input: Record<string, unknown>) =>
      Object.values(input.RequestItems as Record<string, { Keys: unknown[] }>).map(({ Keys }) => Keys.length),
  };
}

const subject = (person: number) => ({ email: `p${person}@example.org`, registrationId: `registration-${person}` });

t.test("what both tables hold of a subject is found in one call, and nothing else of it is read", async (t) => {
  const { reads, register, deadLetter, calls } = await prepare();
  await register("p1@example.org", "registration-1");
  await deadLetter("registration-2", "open");
  t.same(await reads.find(subject(1)), {
    registered: { email: "p1@example.org", registrationId: "registration-1", storedAt: "2026-03-01T10:00:01.000Z" },
    deadLetterState: undefined,
  });
  t.same(await reads.find(subject(2)), { registered: undefined, deadLetterState: "open" });
  t.same(await reads.find(subject(3)), { registered: undefined, deadLetterState: undefined });
  t.equal(calls().length, 3, "the same price, whatever became of it");
});

t.test(
  "those who ask while reads are under way are merged, up to 50 in one call, and each gets its own answer",
  async (t) => {
    const { reads, register, calls, keysOf } = await prepare();
    for (const person of [3, 60, 119]) await register(`p${person}@example.org`, `registration-${person}`);
    const found = await Promise.all(Array.from({ length: 120 }, (_, person) => reads.find(subject(person))));
    for (const [person, { registered }] of found.entries()) {
      t.equal(registered?.registrationId, [3, 60, 119].includes(person) ? `registration-${person}` : undefined);
    }
    t.ok(calls().length <= 5, `${calls().length} calls for 120 receipts`);
    for (const { input } of calls()) for (const keys of keysOf(input)) t.ok(keys <= 50);
  },
);

t.test("no more reads than allowed are under way at once", async (t) => {
  let underWay = 0;
  let most = 0;
  engines.dynamoDbProxy.intervene(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setTimeout(resolve, 5));
    underWay -= 1;
    return undefined;
  });
  const { reads } = await prepare();
  await Promise.all(Array.from({ length: 300 }, (_, person) => reads.find(subject(person))));
  t.equal(most, 2);
});

t.test("the same person twice in one call, with one receipt or with two, is asked for once", async (t) => {
  const { reads, register, keysOf, calls } = await prepare({ maxReadsInFlight: 1 });
  await register("p1@example.org", "registration-1");
  const first = reads.find(subject(9));
  const twice = [
    reads.find(subject(1)),
    reads.find(subject(1)),
    reads.find({ ...subject(1), registrationId: "other" }),
  ];
  await first;
  for (const { registered } of await Promise.all(twice)) t.equal(registered?.registrationId, "registration-1");
  t.same(new Set(keysOf(calls().at(-1)!.input)), new Set([1, 2]));
});

t.test("the line is bounded: whoever finds it full is told that the table is not available", async (t) => {
  const { reads } = await prepare({ maxReadsInFlight: 1, maxWaiting: 2 });
  const released = Promise.withResolvers<void>();
  engines.dynamoDbProxy.intervene(async () => {
    await released.promise;
    return undefined;
  });
  const taken = [1, 2, 3].map((person) => reads.find(subject(person)));
  await t.rejects(reads.find(subject(4)), { code: "TURNOUT_TABLE_UNAVAILABLE", retryable: true });
  released.resolve();
  await Promise.all(taken);
  await reads.find(subject(5));
});

t.test("a call that fails is told to those in it, and the next ones are served", async (t) => {
  const { reads, calls } = await prepare({ maxReadsInFlight: 1 });
  engines.dynamoDbProxy.intervene(() => (calls().length === 1 ? awsError("AccessDeniedException") : undefined));
  const first = reads.find(subject(1));
  const next = reads.find(subject(2));
  await t.rejects(first, { code: "TURNOUT_TABLE_UNAVAILABLE" });
  t.same(await next, { registered: undefined, deadLetterState: undefined });
  await eventually(() => calls().length === 2, "both calls were made");
});
