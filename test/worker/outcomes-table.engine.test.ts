import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../equipment/file-test.ts";
import { createOutcomesTable, type OutcomesTable, type OutcomesTableOptions } from "../../worker/outcomes-table.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const at = "2026-03-01T10:00:05.000Z";
const triedAt = Date.parse(at);

async function prepare(options: Partial<OutcomesTableOptions> = {}) {
  const tableName = options.tableName ?? (await engines.createTable("id"));
  const table = createOutcomesTable({
    documents: engines.documents,
    tableName,
    onCall: () => {},
    ...options,
  });
  return { table, tableName, items: () => engines.items(tableName) };
}

t.test(
  "outcomes of all kinds are one call, each under its id, with the time and nothing of the attendee",
  async (t) => {
    const { table, items } = await prepare();
    const before = engines.dynamoDbProxy.callsOf("BatchExecuteStatement").length;
    const results = await table.record([
      { id: "a", outcome: "duplicate", duplicateOf: "the-holder", triedAt },
      { id: "b", outcome: "erased", triedAt },
      { id: "c", outcome: "withdrawn", triedAt },
    ]);
    t.ok(results.every((result) => result.kind === "recorded" && result.fresh));
    t.equal(engines.dynamoDbProxy.callsOf("BatchExecuteStatement").length - before, 1);
    t.same(
      (await items()).toSorted((one, other) => String(one.id).localeCompare(String(other.id))),
      [
        { id: "a", outcome: "duplicate", at, duplicateOf: "the-holder" },
        { id: "b", outcome: "erased", at },
        { id: "c", outcome: "withdrawn", at },
      ],
    );
  },
);

t.test("an outcome expires exactly as a registration does, and never by default", async (t) => {
  const { table, items } = await prepare({ retentionDays: 30 });
  await table.record([
    { id: "a", outcome: "duplicate", duplicateOf: "the-holder", triedAt },
    { id: "b", outcome: "erased", triedAt },
  ]);
  for (const item of await items()) t.equal(item.expiresAt, Date.parse(at) / 1_000 + 30 * 86_400);
});

t.test("access that is denied names the action, the table and the construct", async (t) => {
  const { table, tableName } = await prepare();
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", "User: x is not authorized"));
  t.match(await table.record([{ id: "a", outcome: "erased", triedAt }]), [
    {
      kind: "system",
      systemError: {
        kind: "access-denied",
        action: "dynamodb:PartiQLInsert",
        resource: tableName,
        message: /WorkerRole/,
      },
    },
  ]);
});

/** Writes a duplicate's outcome, has an admin erase it, and delivers the registration again. @returns what stands then */
async function redeliveredAfterErasure(make: (table: OutcomesTable, tableName: string) => OutcomesTable) {
  const prepared = await prepare();
  const { tableName, items } = prepared;
  const table = make(prepared.table, tableName);
  const outcome = { id: "own-registration", outcome: "duplicate", duplicateOf: "the-holder", triedAt } as const;
  await table.record([outcome]);
  await engines.documents.send(
    new UpdateCommand({
      TableName: tableName,
      Key: { id: outcome.id },
      UpdateExpression: "SET outcome = :erased REMOVE duplicateOf",
      ExpressionAttributeValues: { ":erased": "erased" },
    }),
  );
  const results = await table.record([outcome]);
  return { results, items: await items() };
}

t.test("a redelivery that comes after an erasure changes nothing", async (t) => {
  const { results, items } = await redeliveredAfterErasure((table) => table);
  t.same(results, [{ kind: "recorded", fresh: false }]);
  t.same(items, [{ id: "own-registration", outcome: "erased", at }]);
});

t.test("control: outcomes that are put would undo the erasure, and the same check sees it", async (t) => {
  const { items } = await redeliveredAfterErasure((_table, tableName) => ({
    async record(outcomes) {
      await Promise.all(
        outcomes.map((outcome) =>
          engines.documents.send(new PutCommand({ TableName: tableName, Item: { ...outcome, at } })),
        ),
      );
      return outcomes.map(() => ({ kind: "recorded", fresh: true }));
    },
  }));
  t.match(items, [{ outcome: "duplicate" }]);
});
