import { DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteQueueCommand } from "@aws-sdk/client-sqs";
import t, { type Test } from "tap";
import { deleteKeptData } from "../../../deploy/destroy/kept-data.ts";
import { awsError, openAccount } from "../stack/account-stand-in.ts";

const table = { logicalId: "DataRegistrations", type: "AWS::DynamoDB::GlobalTable", name: "summit-production-Table" };
const queue = { logicalId: "DataQueue", type: "AWS::SQS::Queue", name: "https://sqs/summit-production-Queue" };
const other = { logicalId: "Bucket", type: "AWS::S3::Bucket", name: "bucket" };

function open(t: Test) {
  const { clients, mocks } = openAccount(t);
  const lines: string[] = [];
  const { signal } = new AbortController();
  const remove = () =>
    deleteKeptData([table, queue, other], { clients, note: (line) => lines.push(line), pollMs: 1, signal });
  return { mocks, lines, remove };
}

t.test("tables lose their protection and go, queues go, anything else stays", async (t) => {
  const { mocks, lines, remove } = open(t);
  t.same(await remove(), [other]);
  t.match(mocks.dynamoDb.commandCalls(UpdateTableCommand)[0]?.args[0].input, {
    TableName: table.name,
    DeletionProtectionEnabled: false,
  });
  t.match(mocks.dynamoDb.commandCalls(DeleteTableCommand)[0]?.args[0].input, { TableName: table.name });
  t.match(mocks.sqs.commandCalls(DeleteQueueCommand)[0]?.args[0].input, { QueueUrl: queue.name });
  t.same(lines, [`Deleted ${table.name}.`, `Deleted ${queue.name}.`]);
});

t.test("a table that is busy with losing its protection is tried again; one that is gone counts", async (t) => {
  const { mocks, remove } = open(t);
  const busy = awsError("ResourceInUseException");
  mocks.dynamoDb.on(DeleteTableCommand).rejectsOnce(busy).rejectsOnce(busy).resolves({});
  mocks.sqs.on(DeleteQueueCommand).rejects(awsError("QueueDoesNotExist"));
  t.same(await remove(), [other]);
  t.equal(mocks.dynamoDb.commandCalls(DeleteTableCommand).length, 3);
  t.equal(mocks.dynamoDb.commandCalls(UpdateTableCommand).length, 1);
});

t.test("a refusal is told", async (t) => {
  const { mocks, remove } = open(t);
  mocks.dynamoDb.on(UpdateTableCommand).rejects(awsError("AccessDeniedException"));
  await t.rejects(remove(), { name: "AccessDeniedException" });
});
