import { PutCommand } from "@aws-sdk/lib-dynamodb";
import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { toStorable } from "../../../shared/dead-letters/storable.ts";
import { startEngines } from "../../equipment/engines.ts";

const engines = await startEngines(t);
const TableName = await engines.createTable("id");
const put = (value: unknown) => engines.documents.send(new PutCommand({ TableName, Item: { id: "1", value } }));

t.test("numbers that no table takes, and half characters, become texts; everything else stays", async (t) => {
  const withPrototype: unknown = JSON.parse('{"a":[{"__proto__":1}]}');
  for (const value of [withPrototype, 1e-200, -1e-200, 5e-324, 2 ** 53, 1e300, "\ud800", { "\udc00": 1 }, [[1e-131]]]) {
    await t.rejects(put(value), JSON.stringify(value));
    await t.resolves(put(toStorable(value)), JSON.stringify(value));
  }
  for (const value of [0, -0, 1e-130, 2 ** 53 - 1, "", "😀", null, [true, { a: [] }]]) t.same(toStorable(value), value);
});

t.test("whatever JSON says can be stored then", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => void (await put(toStorable(value)))),
    { numRuns: 200 },
  );
});
