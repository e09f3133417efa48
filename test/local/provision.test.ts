import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import t from "tap";
import { provisionQueues, provisionTables } from "../../local/provision.ts";
import { createLocalStack } from "../../local/stack.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const region = "eu-central-1";
t.test("on the embedded engines", async (t) => {
  const stack = createLocalStack({ tiers: [] });
  t.teardown(() => stack.stop());
  const { sqs: sqsUrl = "", dynamodb: dynamoDbUrl = "" } = await stack.start();
  const sqs = new SQSClient({ endpoint: sqsUrl, region, credentials, useQueueUrlAsEndpoint: false });
  const dynamoDb = new DynamoDBClient({ endpoint: dynamoDbUrl, region, credentials });
  t.teardown(() => {
    sqs.destroy();
    dynamoDb.destroy();
  });

  async function attributes(url: string) {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
    return Attributes ?? {};
  }

  t.test("the registrations queue hands what crashes its workers over and over to the dead-letter queue", async (t) => {
    const { queueUrl, deadLetterQueueUrl } = await provisionQueues({ endpoint: sqsUrl, region, credentials }, 7);
    t.equal(queueUrl, `${sqsUrl}/000000000000/registrations`);
    t.equal(deadLetterQueueUrl, `${sqsUrl}/000000000000/registrations-dead-letters`);
    const queue = await attributes(queueUrl);
    t.match(queue, { VisibilityTimeout: "7", MessageRetentionPeriod: "1209600" });
    const { QueueArn } = await attributes(deadLetterQueueUrl);
    t.strictSame(JSON.parse(queue.RedrivePolicy ?? ""), { deadLetterTargetArn: QueueArn, maxReceiveCount: 10 });
  });

  t.test("the mail queue has a dead-letter queue of its own", async (t) => {
    const { mailQueueUrl } = await provisionQueues({ endpoint: sqsUrl, region, credentials }, 7);
    t.equal(mailQueueUrl, `${sqsUrl}/000000000000/mails`);
    const queue = await attributes(mailQueueUrl);
    t.match(queue, { VisibilityTimeout: "7", MessageRetentionPeriod: "1209600" });
    const { QueueArn, MessageRetentionPeriod } = await attributes(`${mailQueueUrl}-dead-letters`);
    t.equal(MessageRetentionPeriod, "1209600");
    t.strictSame(JSON.parse(queue.RedrivePolicy ?? ""), { deadLetterTargetArn: QueueArn, maxReceiveCount: 10 });
  });

  t.test("queues that exist are brought to the right attributes and keep their messages' place", async (t) => {
    const { queueUrl } = await provisionQueues({ endpoint: sqsUrl, region, credentials }, 7);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: "99" } }));
    const again = await provisionQueues({ endpoint: sqsUrl, region, credentials }, 8);
    t.equal(again.queueUrl, queueUrl);
    t.match(await attributes(queueUrl), { VisibilityTimeout: "8" });
  });

  t.test("every table has its key; making them twice changes nothing", async (t) => {
    await provisionTables({ endpoint: dynamoDbUrl, region, credentials });
    for (const [table, key] of [
      ["registrations", "email"],
      ["dead-letters", "id"],
      ["mails", "id"],
    ]) {
      const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: table }));
      t.match(Table, { TableStatus: "ACTIVE", KeySchema: [{ AttributeName: key, KeyType: "HASH" }] });
    }
  });

  t.test("a table of that name with another key is rejected, not used", async (t) => {
    await dynamoDb.send(new DeleteTableCommand({ TableName: "dead-letters" }));
    await dynamoDb.send(
      new CreateTableCommand({
        TableName: "dead-letters",
        KeySchema: [{ AttributeName: "other", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "other", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    await t.rejects(provisionTables({ endpoint: dynamoDbUrl, region, credentials }), {
      message: /dead-letters exists with the key other/,
    });
  });
});
