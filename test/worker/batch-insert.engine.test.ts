import { t } from "../equipment/file-test.ts";
import { createBatchInsert, expiryOf, type InsertResult } from "../../worker/batch-insert.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

interface Thing {
  readonly id: string;
  readonly colour: string;
  readonly size?: number;
}

const things = (count: number): Thing[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${index}`, colour: "red" }));

async function prepare(maxAttempts = 1) {
  const tableName = await engines.createTable("id");
  const calls: [statements: number, attempts: number][] = [];
  const insert = createBatchInsert<Thing>({
    documents: engines.createDocuments({ maxAttempts }),
    tableName,
    construct: "Data/Things",
    attributes: ["id", "colour", "size"],
    parameters: ({ id, colour, size }) => [
      { S: id },
      { S: colour },
      ...(size === undefined ? [] : [{ N: String(size) }]),
    ],
    onCall: (statements, attempts) => calls.push([statements, attempts]),
  });
  return { insert, calls, items: () => engines.items(tableName) };
}

/** Answers in the engine's place: a result of each statement, in order; nothing is a success. */
function answerStatements(codes: readonly (string | undefined)[]): void {
  engines.dynamoDbProxy.intervene(({ operation }) =>
    operation === "BatchExecuteStatement"
      ? { answer: { Responses: codes.map((Code) => (Code ? { Error: { Code, Message: "injected" } } : {})) } }
      : undefined,
  );
}

const kinds = (results: readonly InsertResult[]) => results.map(({ kind }) => kind);

t.test("items of one call may leave out the last attributes, and the first of a key wins", async (t) => {
  const { insert, calls, items } = await prepare();
  t.same(
    kinds(
      await insert([
        { id: "a", colour: "red", size: 3 },
        { id: "b", colour: "blue" },
      ]),
    ),
    ["inserted", "inserted"],
  );
  t.same(
    kinds(
      await insert([
        { id: "b", colour: "green", size: 1 },
        { id: "c", colour: "red" },
      ]),
    ),
    ["taken", "inserted"],
  );
  t.same(
    (await items()).toSorted((one, other) => String(one.id).localeCompare(String(other.id))),
    [
      { id: "a", colour: "red", size: 3 },
      { id: "b", colour: "blue" },
      { id: "c", colour: "red" },
    ],
  );
  t.same(calls, [
    [2, 1],
    [2, 1],
  ]);
});

t.test("each statement's own error is known for what it is", async (t) => {
  const { insert } = await prepare();
  const expected: [string, string][] = [
    ["DuplicateItem", "taken"],
    ["InternalServerError", "failed"],
    ["TransactionConflict", "failed"],
    ["ThrottlingError", "throttled"],
    ["ProvisionedThroughputExceeded", "throttled"],
    ["RequestLimitExceeded", "throttled"],
    ["ValidationError", "rejected"],
    ["ItemCollectionSizeLimitExceeded", "rejected"],
    ["AccessDenied", "system"],
    ["ResourceNotFound", "system"],
    ["SomethingNew", "system"],
  ];
  answerStatements(expected.map(([code]) => code));
  t.same(
    kinds(await insert(things(expected.length))),
    expected.map(([, kind]) => kind),
  );
});

t.test("a statement without an answer is tried again, not taken for stored", async (t) => {
  const { insert } = await prepare();
  answerStatements([undefined]);
  t.same(kinds(await insert(things(2))), ["inserted", "failed"]);
});

t.test("a call that is repeated one by one never is 25 calls at once, and ends where the table does", async (t) => {
  const { insert, calls } = await prepare();
  let underWay = 0;
  let most = 0;
  let answers = 0;
  engines.dynamoDbProxy.intervene(async ({ operation, input }) => {
    if (operation !== "BatchExecuteStatement") return undefined;
    if ((input.Statements as unknown[]).length > 1) return awsError("ValidationException", "spoiled");
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    answers += 1;
    return answers > 5 ? awsError("ThrottlingException") : undefined;
  });
  const results = kinds(await insert(things(25)));
  t.same(results, [...Array<string>(5).fill("inserted"), ...Array<string>(20).fill("throttled")]);
  t.equal(most, 1);
  t.equal(calls.length, 7);
});

t.test("an item that is to go goes so many days after it was written, to the second", async (t) => {
  t.equal(expiryOf(Date.parse("2026-03-01T10:00:05.999Z"), 2), Date.parse("2026-03-03T10:00:05.000Z") / 1_000);
});
