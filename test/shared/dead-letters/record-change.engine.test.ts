import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import type { DeadLetterRecord } from "../../../shared/dead-letters/dead-letter-record.ts";
import { changeIf, changeUnclaimed } from "../../../shared/dead-letters/record-change.ts";
import { deadLetter, putAll } from "../../equipment/dead-letter-seeds.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());
const { documents } = engines;
const table = await engines.createTable("id");
const at = "2026-03-01T10:00:00.000Z";
const entry = { at, who: "tester", what: "edited", detail: "a test" } as const;

async function seed(number: number, changes: Partial<DeadLetterRecord> = {}): Promise<DeadLetterRecord> {
  const record = deadLetter(number, changes);
  await putAll(documents, table, [record]);
  return record;
}

async function read(id: string): Promise<DeadLetterRecord> {
  const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }));
  return Item as DeadLetterRecord;
}

t.test("a change is made while the record is as it was seen, and not after", async (t) => {
  const seen = await seed(1);
  const change = (detail: string) => changeUnclaimed(documents, table, seen, at, { entry, set: { detail } });
  t.equal(await change("other"), true);
  t.equal(await change("late"), false);
  t.match(await read(seen.id), { detail: "other", history: { length: 2 } });
});

t.test("nor while somebody has claimed it, but for whoever that is", async (t) => {
  const claimedUntil = "2026-03-01T10:01:00.000Z";
  const seen = await seed(2, { claim: "theirs", claimedUntil });
  const change = { set: { detail: "other" } };
  t.equal(await changeUnclaimed(documents, table, seen, at, change), false);
  t.equal(await changeUnclaimed(documents, table, seen, at, change, "theirs"), true);
  t.equal(await changeUnclaimed(documents, table, seen, claimedUntil, change), true, "it has run out");
});

t.test("what must be true besides is asked as well; attributes can be taken away", async (t) => {
  const seen = await seed(3, { claim: "old" });
  const change = { remove: ["claim"], condition: "attribute_not_exists(automaticReplayAt)" } as const;
  t.equal(await changeUnclaimed(documents, table, seen, at, change), true);
  t.notOk("claim" in (await read(seen.id)));
  await seed(3, { automaticReplayAt: at });
  t.equal(await changeUnclaimed(documents, table, seen, at, change), false);
});

t.test("what does not exist is not made, and an error of DynamoDB is no answer", async (t) => {
  t.equal(await changeIf(documents, table, "none", { entry, condition: "attribute_exists(#history)" }), false);
  t.equal(await read("none"), undefined);
  const seen = await seed(4);
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", "no"));
  await t.rejects(changeUnclaimed(documents, table, seen, at, { entry }), { name: "AccessDeniedException" });
});
