/**
 * The embedded SQS and DynamoDB for a test file, each behind a proxy that can spoil its answers, with clients as the tiers
 * make them. Queues and tables are made anew for each test, so that tests do not see each other.
 */
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { ScanCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDocumentClient, createSqsClient, type ClientOptions } from "../../shared/aws/aws-clients.ts";
import type { Test } from "tap";
import { startAwsProxy, type AwsProxy } from "./aws-proxy.ts";
import { startMailEngine, type MailEngine } from "./mail-engine.ts";
import { sharedStack } from "./shared-stack.ts";

export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
}

export interface TestQueue {
  readonly url: string;
  readonly deadLetterUrl: string;
}

export interface Engines {
  /** The tiers' way to the engines, through the proxies. */
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly sqsProxy: AwsProxy;
  readonly dynamoDbProxy: AwsProxy;
  /** Variables with which a process reaches the engines through the proxies. */
  readonly environment: Readonly<Record<string, string>>;
  createQueue(options?: { visibilityTimeoutSeconds?: number; maxReceiveCount?: number }): Promise<TestQueue>;
  /** @returns its name */
  createTable(key?: string): Promise<string>;
  counts(queueUrl: string): Promise<QueueCounts>;
  /** Takes everything that waits, without deleting it. */
  take(queueUrl: string): Promise<Message[]>;
  items(table: string): Promise<Record<string, unknown>[]>;
  /** Further clients, with other bounds; ended with the rest. */
  createSqs(options: Partial<ClientOptions>): SQSClient;
  createDocuments(options: Partial<ClientOptions>): DynamoDBDocumentClient;
  /** Lets every call pass again. */
  calm(): void;
}

const defaults: ClientOptions = { region: "eu-central-1", requestTimeoutMs: 20_000, maxAttempts: 2 };
let named = 0;

function newName(kind: string): string {
  named += 1;
  return `${kind}-${named}`;
}

/** With an SES of the file's own. A mail queue is as `createQueue` makes it, a mails table as `createTable("id")`. */
export interface EnginesWithMail extends Engines {
  readonly mail: MailEngine;
}

/**
 * @param t the file's outermost test, whose end closes proxies and clients
 * @param parts with mail: an embedded SES as well, whose address is in the environment
 */
export function startEngines(t: Test, parts: { readonly mail: true }): Promise<EnginesWithMail>;
export function startEngines(t: Test): Promise<Engines>;
export async function startEngines(t: Test, { mail = false } = {}): Promise<Engines> {
  if (!mail) return startQueuesAndTables(t);
  const mailEngine = await startMailEngine(t);
  const engines = await startQueuesAndTables(t, { AWS_ENDPOINT_URL_SESV2: mailEngine.url });
  return Object.assign(engines, { mail: mailEngine });
}

async function startQueuesAndTables(t: Test, further: Readonly<Record<string, string>> = {}): Promise<Engines> {
  const stack = await sharedStack();
  const [sqsProxy, dynamoDbProxy] = await Promise.all([
    startAwsProxy(stack.urls.sqs!),
    startAwsProxy(stack.urls.dynamodb!),
  ]);
  const environment = {
    ...stack.environment,
    AWS_ENDPOINT_URL_SQS: sqsProxy.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbProxy.url,
    ...further,
  };
  // Where the SDK reads them. Each file sets them for itself.
  Object.assign(process.env, environment);
  const clients: { destroy(): void }[] = [];
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await Promise.all([sqsProxy.close(), dynamoDbProxy.close()]);
  });
  const kept = <T extends { destroy(): void }>(client: T): T => {
    clients.push(client);
    return client;
  };
  const createSqs = (options: Partial<ClientOptions>) => kept(createSqsClient({ ...defaults, ...options }));
  const createDocuments = (options: Partial<ClientOptions>) => kept(createDocumentClient({ ...defaults, ...options }));
  const sqs = createSqs({});
  const documents = createDocuments({});

  async function createOneQueue(name: string, attributes: Record<string, string>): Promise<string> {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return QueueUrl!;
  }

  return {
    sqs,
    documents,
    sqsProxy,
    dynamoDbProxy,
    environment,
    createSqs,
    createDocuments,
    async createQueue({ visibilityTimeoutSeconds = 30, maxReceiveCount = 100 } = {}) {
      const name = newName("queue");
      const deadLetterUrl = await createOneQueue(`${name}-dead-letters`, {});
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ["QueueArn"] }),
      );
      const url = await createOneQueue(name, {
        VisibilityTimeout: String(visibilityTimeoutSeconds),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount }),
      });
      return { url, deadLetterUrl };
    },
    async createTable(key = "email") {
      const name = newName("table");
      await documents.send(
        new CreateTableCommand({
          TableName: name,
          KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
          AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
          BillingMode: "PAY_PER_REQUEST",
        }),
      );
      return name;
    },
    async counts(queueUrl) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
      );
      return {
        waiting: Number(Attributes.ApproximateNumberOfMessages),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      };
    },
    async take(queueUrl) {
      const all: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ["All"],
            MessageSystemAttributeNames: ["All"],
            WaitTimeSeconds: 0,
          }),
        );
        if (Messages.length === 0) return all;
        all.push(...Messages);
      }
    },
    async items(table) {
      const all: Record<string, unknown>[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await documents.send(
          new ScanCommand({ TableName: table, ...(start && { ExclusiveStartKey: start }) }),
        );
        all.push(...((page.Items ?? []) as Record<string, unknown>[]));
        start = page.LastEvaluatedKey;
      } while (start);
      return all;
    },
    calm() {
      sqsProxy.intervene();
      dynamoDbProxy.intervene();
    },
  };
}
