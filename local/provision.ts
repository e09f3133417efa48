/** Creates queues and tables on local engines or any compatible endpoint. On AWS, `infra/` does. */
import { setTimeout as delay } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { sqsLimits } from "../shared/aws/aws-limits.ts";

export interface Endpoint {
  readonly endpoint: string;
  readonly region: string;
  /** Default: as the SDK finds them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export const queueName = "registrations";
export const deadLetterQueueName = "registrations-dead-letters";
const mailQueueName = "mails";
const mailDeadLetterQueueName = "mails-dead-letters";
export const registrationsTable = "registrations";
export const deadLettersTable = "dead-letters";
export const outcomesTable = "outcomes";
export const activityTable = "activity";
export const controlsTable = "controls";
export const mailsTable = "mails";

/** Receives after which SQS dead-letters a message. High, since it is only for crash loops. */
const maxReceiveCount = 10;

export interface QueueUrls {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly mailQueueUrl: string;
}

async function findOrCreate(sqs: SQSClient, name: string, attributes: Record<string, string>) {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    // CreateQueue fails for an existing queue with other attributes.
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
    return QueueUrl;
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return QueueUrl;
  }
}

async function ensureQueue(sqs: SQSClient, name: string, attributes: Record<string, string>): Promise<string> {
  const url = await findOrCreate(sqs, name, attributes);
  if (url === undefined) throw new Error(`The SQS endpoint gave no URL for the queue ${name}.`);
  return url;
}

/** @returns the URLs of a queue and of the one that takes what crashes its readers over and over */
async function ensureQueuePair(sqs: SQSClient, name: string, deadLetterName: string, visibilityTimeoutSeconds: number) {
  const retention = { MessageRetentionPeriod: String(sqsLimits.maxRetentionSeconds) };
  const deadLetterUrl = await ensureQueue(sqs, deadLetterName, retention);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ["QueueArn"] }),
  );
  const url = await ensureQueue(sqs, name, {
    ...retention,
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount }),
  });
  return { url, deadLetterUrl };
}

/**
 * Creates or updates the queues of registrations and of mails, each with its dead-letter queue. Safe to repeat.
 * @param visibilityTimeoutSeconds of both, 0 to 43,200
 * @returns their URLs with the host that was used, since the engine's own host may not resolve here
 * @throws the SDK's error when the endpoint does not answer or rejects the call
 */
export async function provisionQueues(
  { endpoint, region, credentials }: Endpoint,
  visibilityTimeoutSeconds: number,
): Promise<QueueUrls> {
  const sqs = new SQSClient({ endpoint, region, ...(credentials && { credentials }), useQueueUrlAsEndpoint: false });
  try {
    const [registrations, mails] = await Promise.all([
      ensureQueuePair(sqs, queueName, deadLetterQueueName, visibilityTimeoutSeconds),
      ensureQueuePair(sqs, mailQueueName, mailDeadLetterQueueName, visibilityTimeoutSeconds),
    ]);
    const reached = (given: string) => new URL(new URL(given).pathname, endpoint).href;
    return {
      queueUrl: reached(registrations.url),
      deadLetterQueueUrl: reached(registrations.deadLetterUrl),
      mailQueueUrl: reached(mails.url),
    };
  } finally {
    sqs.destroy();
  }
}

const tableReadyWithinMs = 60_000;
const tablePollIntervalMs = 500;

async function ensureTable(dynamoDb: DynamoDBClient, table: string, key: string): Promise<void> {
  try {
    await dynamoDb.send(
      new CreateTableCommand({
        TableName: table,
        KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: table }));
    const keys = (Table?.KeySchema ?? []).map((part) => part.AttributeName).join(", ");
    if (keys !== key) {
      throw new Error(`The table ${table} exists with the key ${keys}; Turnout needs ${key}. Use another database.`, {
        cause: error,
      });
    }
  }
  const deadline = Date.now() + tableReadyWithinMs;
  for (;;) {
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: table }));
    if (Table?.TableStatus === "ACTIVE") return;
    if (Date.now() > deadline) throw new Error(`The table ${table} is still ${Table?.TableStatus} after a minute.`);
    await delay(tablePollIntervalMs);
  }
}

/**
 * Creates missing tables. Safe to repeat.
 * @throws Error when a table exists with another key; the SDK's error when the endpoint does not answer or rejects the
 *   call
 */
export async function provisionTables({ endpoint, region, credentials }: Endpoint): Promise<void> {
  const dynamoDb = new DynamoDBClient({ endpoint, region, ...(credentials && { credentials }) });
  try {
    await Promise.all([
      ensureTable(dynamoDb, registrationsTable, "email"),
      ensureTable(dynamoDb, deadLettersTable, "id"),
      ensureTable(dynamoDb, outcomesTable, "id"),
      ensureTable(dynamoDb, activityTable, "bucket"),
      ensureTable(dynamoDb, controlsTable, "id"),
      ensureTable(dynamoDb, mailsTable, "id"),
    ]);
  } finally {
    dynamoDb.destroy();
  }
}
