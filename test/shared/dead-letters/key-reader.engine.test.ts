import { t } from "../../equipment/file-test.ts";
import { createKeyReader } from "../../../shared/dead-letters/key-reader.ts";
import { deadLetters, putAll } from "../../equipment/dead-letter-seeds.ts";
import type { Input } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());
const table = await engines.createTable("id");
const readByIds = createKeyReader(engines.documents, table);
const seeds = deadLetters(5);
await putAll(engines.documents, table, seeds);
const ids = seeds.map(({ id }) => id);
const idle = new AbortController().signal;

/** Leaves all but the first `served` keys of each call unprocessed. */
function serveOnly(served: number): void {
  engines.dynamoDbProxy.intervene(({ operation, input }) => {
    if (operation !== "BatchGetItem") return undefined;
    const request = (input.RequestItems as Record<string, { Keys: Input[] }>)[table]!;
    const Keys = request.Keys.slice(served);
    const Item = (key: Input) => ({ ...key, state: { S: "open" } });
    return {
      answer: {
        Responses: { [table]: request.Keys.slice(0, served).map(Item) },
        UnprocessedKeys: Keys.length > 0 ? { [table]: { ...request, Keys } } : {},
      },
    };
  });
}

const calls = () => engines.dynamoDbProxy.callsOf("BatchGetItem").length;

t.test("what DynamoDB leaves unprocessed is asked for again, and nothing else", async (t) => {
  serveOnly(2);
  const before = calls();
  const found = await readByIds([...ids, "none"], ["id"], idle);
  t.equal(found.length, 6);
  const asked = engines.dynamoDbProxy
    .callsOf("BatchGetItem")
    .slice(before)
    .map(({ input }) => {
      return (input.RequestItems as Record<string, { Keys: Input[] }>)[table]!.Keys.length;
    });
  t.strictSame(asked, [6, 4, 2]);
});

t.test("a table that serves none of them is given up, as one that is throttled", async (t) => {
  serveOnly(0);
  const before = calls();
  await t.rejects(readByIds(ids, ["id"], idle), {
    name: "ProvisionedThroughputExceededException",
    message: new RegExp(`5 keys of ${table}`),
  });
  t.equal(calls() - before, 8);
});

t.test("Ctrl-C ends it between two tries, and a try that is not answered", async (t) => {
  const stop = new AbortController();
  serveOnly(0);
  const before = calls();
  const reading = readByIds(ids, ["id"], stop.signal);
  await eventually(() => calls() > before, "the first try was made");
  stop.abort(new Error("stop"));
  await t.rejects(reading);
  const after = calls();
  t.ok(after - before < 8);
  const again = new AbortController();
  engines.dynamoDbProxy.intervene(() => "swallow");
  const hanging = readByIds(ids, ["id"], again.signal);
  await eventually(() => calls() > after, "it was asked");
  again.abort();
  await t.rejects(hanging, { name: "AbortError" });
});
