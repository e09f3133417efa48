/** The embedded SQS and DynamoDB, once for a process: starting them costs more than most tests that need them. */
import { DeleteTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import tap from "tap";
import { provisionQueues, provisionTables, type Endpoint } from "../../local/provision.ts";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import { embeddedCredentials, visibilityTimeoutSeconds } from "../../local/tier-environment.ts";

let started: Promise<LocalStack> | undefined;

async function start(): Promise<LocalStack> {
  const stack = createLocalStack({ tiers: [], periodicTasks: false });
  tap.teardown(() => stack.stop());
  await stack.start();
  return stack;
}

/** @returns the engines that the files of this process share. They end with the process. */
export function sharedStack(): Promise<LocalStack> {
  started ??= start();
  return started;
}

/** @returns the shared engines as new ones are: every queue and table empty, and none besides */
export async function emptySharedStack(): Promise<LocalStack> {
  const stack = await sharedStack();
  const { urls, environment } = stack;
  const at = (endpoint = ""): Endpoint => ({
    endpoint,
    region: environment.AWS_REGION!,
    credentials: embeddedCredentials,
  });
  const sqs = new SQSClient(at(urls.sqs));
  const dynamoDb = new DynamoDBClient(at(urls.dynamodb));
  try {
    const [{ QueueUrls = [] }, { TableNames = [] }] = await Promise.all([
      sqs.send(new ListQueuesCommand()),
      dynamoDb.send(new ListTablesCommand()),
    ]);
    await Promise.all([
      ...QueueUrls.map((QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl }))),
      ...TableNames.map((TableName) => dynamoDb.send(new DeleteTableCommand({ TableName }))),
    ]);
  } finally {
    sqs.destroy();
    dynamoDb.destroy();
  }
  await provisionQueues(at(urls.sqs), visibilityTimeoutSeconds);
  await provisionTables(at(urls.dynamodb));
  return stack;
}
