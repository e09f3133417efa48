import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createStatusReads, type StatusReadsOptions } from "../../../web/status/status-reads.ts";
import { awsError, type Input } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

async function prepare(options: Partial<StatusReadsOptions> = {}) {
  const [registrationsTable, outcomesTable, deadLettersTable] = [
    await engines.createTable(),
    await engines.createTable("id"),
    await engines.createTable("id"),
  ];
  const reads = createStatusReads({
    documents: engines.createDocuments({ requestTimeoutMs: 20_000, maxAttempts: 1 }),
    registrationsTable,
    outcomesTable,
    deadLettersTable,
    maxReadsInFlight: 2,
    maxWaiting: 1_000,
    random: () => 0,
    ...options,
  });
  const before = engines.dynamoDbProxy.callsOf("BatchGetItem").length;
  const put = (table: string, item: Record<string, unknown>) =>
    engines.documents.send(new PutCommand({ TableName: table, Item: item }));
  return {
    reads,
    tables: { registrationsTable, outcomesTable, deadLettersTable },
    calls: () => engines.dynamoDbProxy.callsOf("BatchGetItem").slice(before),
    register: (email: string, registrationId: string, more: object = {}) =>
      put(registrationsTable, { email, registrationId, storedAt: "2026-03-01T10:00:01.000Z", name: "secret", ...more }),
    outcome: (id: string, outcome: string) =>
      put(outcomesTable, { id, outcome, at: "2026-03-01T10:00:01.000Z", duplicateOf: "secret" }),
    deadLetter: (id: string, state: string) => put(deadLettersTable, { id, state, body: "secret" }),
    keysOf: (input: Input) => Object.values(requestsOf(input)).map(({ Keys }) => Keys.length),
  };
}

type Key = Record<"email" | "id", { S: string } | undefined>;
type Requests = Record<string, { Keys: Key[]; ConsistentRead?: boolean }>;
const requestsOf = (input: Input) => input.RequestItems as Requests;

const subject = (person: number) => ({ email: `p${person}@example.org`, registrationId: `registration-${person}` });
const nothing = { item: undefined, outcome: undefined, deadLetterState: undefined };

t.test(
  "what the tables hold of a subject is found in one consistent call, and nothing else of it is read",
  async (t) => {
    const { reads, register, outcome, deadLetter, calls } = await prepare();
    await register("p1@example.org", "registration-1");
    await deadLetter("registration-2", "open");
    await outcome("registration-4", "duplicate");
    await register("p5@example.org", "registration-5", { tombstone: "erased" });
    t.match(await reads.find(subject(1)), {
      ...nothing,
      item: { email: "p1@example.org", registrationId: "registration-1", name: undefined },
    });
    t.same(await reads.find(subject(2)), { ...nothing, deadLetterState: "open" });
    t.same(await reads.find(subject(3)), nothing);
    t.same(await reads.find(subject(4)), {
      ...nothing,
      outcome: { id: "registration-4", outcome: "duplicate", at: "2026-03-01T10:00:01.000Z" },
    });
    t.match(await reads.find(subject(5)), { item: { registrationId: "registration-5", tombstone: "erased" } });
    t.equal(calls().length, 5, "the same price, whatever became of it");
    for (const { input } of calls()) {
      for (const { Keys, ConsistentRead } of Object.values(requestsOf(input))) {
        t.same([Keys.length, ConsistentRead], [1, true]);
      }
    }
  },
);

t.test(
  "those who ask while reads are under way are merged, up to 33 in one call, and each gets its own answer",
  async (t) => {
    const { reads, register, calls, keysOf } = await prepare();
    for (const person of [3, 60, 119]) await register(`p${person}@example.org`, `registration-${person}`);
    const found = await Promise.all(Array.from({ length: 120 }, (_, person) => reads.find(subject(person))));
    for (const [person, { item }] of found.entries()) {
      t.equal(item?.registrationId, [3, 60, 119].includes(person) ? `registration-${person}` : undefined);
    }
    t.ok(calls().length <= 6, `${calls().length} calls for 120 receipts`);
    for (const { input } of calls()) for (const keys of keysOf(input)) t.ok(keys <= 33);
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
  for (const { item } of await Promise.all(twice)) t.equal(item?.registrationId, "registration-1");
  t.same(new Set(keysOf(calls().at(-1)!.input)), new Set([1, 2]));
});

t.test("the buffer is bounded: whoever finds it full is told that the table is not available", async (t) => {
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
  t.same(await next, nothing);
  await eventually(() => calls().length === 2, "both calls were made");
});

/** Leaves keys out of an answer, as DynamoDB does while it throttles. */
function withhold(input: Input, isWithheld: (table: string, key: string) => boolean) {
  const keyOf = ({ email, id }: Key) => (email ?? id)!.S;
  const left = Object.entries(requestsOf(input)).map(
    ([table, request]) =>
      [table, { ...request, Keys: request.Keys.filter((key) => isWithheld(table, keyOf(key))) }] as const,
  );
  return {
    alter: (answer: Input) => ({
      ...answer,
      Responses: Object.fromEntries(
        Object.entries(answer.Responses as Record<string, Key[]>).map(([table, items]) => [
          table,
          items.filter((item) => !isWithheld(table, keyOf(item))),
        ]),
      ),
      UnprocessedKeys: Object.fromEntries(left.filter(([, { Keys }]) => Keys.length > 0)),
    }),
  };
}

t.test("a key that is left unprocessed is asked for again, alone, and holds nobody else up", async (t) => {
  const { reads, register, calls, keysOf, tables } = await prepare({ maxReadsInFlight: 1 });
  await Promise.all(
    Array.from({ length: 33 }, (_, person) => register(`p${person}@example.org`, `registration-${person}`)),
  );
  const others = Promise.withResolvers<void>();
  engines.dynamoDbProxy.intervene(async ({ input }) => {
    const isRound = calls().length;
    if (isRound === 1) return undefined;
    // The key comes only when everybody else has been answered.
    if (isRound === 4) await others.promise;
    if (isRound >= 4) return undefined;
    return withhold(input, (table, key) => table === tables.registrationsTable && key === "p7@example.org");
  });
  const first = reads.find(subject(40));
  const asked = Array.from({ length: 33 }, (_, person) => reads.find(subject(person)));
  await first;
  const answers = await Promise.all(asked.filter((_, person) => person !== 7));
  t.ok(
    answers.every(({ item }) => item !== undefined),
    "32 of 33 are answered at once",
  );
  others.resolve();
  t.match(await asked[7], { item: { registrationId: "registration-7" } });
  t.same(
    calls().map(({ input }) => keysOf(input)),
    [[1, 1, 1], [33, 33, 33], [1], [1]],
  );
});

t.test("asking again is bounded, and fails for those only whose keys never come", async (t) => {
  let pauses = 0;
  const random = () => {
    pauses += 1;
    return 0;
  };
  const { reads, deadLetter, calls, tables } = await prepare({ maxReadsInFlight: 1, random });
  await deadLetter("registration-3", "open");
  engines.dynamoDbProxy.intervene(({ input }) =>
    withhold(input, (table, key) => table === tables.outcomesTable && key === "registration-2"),
  );
  const first = reads.find(subject(1));
  const [second, third] = [reads.find(subject(2)), reads.find(subject(3))];
  t.same(await first, nothing);
  t.match(await third, { deadLetterState: "open" });
  await t.rejects(second, { code: "TURNOUT_TABLE_UNAVAILABLE" });
  t.equal(calls().length, 1 + 5);
  t.equal(pauses, 4, "with a pause by chance before each further round");
  engines.calm();
  t.same(await reads.find(subject(2)), nothing, "and the next who ask are served");
});
