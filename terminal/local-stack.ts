/**
 * Finds the local stack of `npm start` by the ports and names in `local/`. The two do not import each other; a test
 * compares them.
 */
import { GetQueueUrlCommand, QueueDoesNotExist, type SQSClient } from "@aws-sdk/client-sqs";
import { Type, type Static } from "typebox";

const port = (preset: number, of: string) =>
  Type.Integer({ default: preset, minimum: 1, maximum: 65_535, description: `TCP port of the local stack's ${of}` });

export const LocalStackConfig = Type.Object({
  WEB_PORT: port(3000, "web tier"),
  WORKER_PORT: port(3001, "worker tier"),
  SQS_PORT: port(3003, "SQS"),
  DYNAMODB_PORT: port(3004, "DynamoDB"),
});

export type LocalStackConfig = Readonly<Static<typeof LocalStackConfig>>;

export const localStack = {
  region: "eu-central-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  queueName: "registrations",
  deadLetterQueueName: "registrations-dead-letters",
  registrationsTable: "registrations",
  deadLettersTable: "dead-letters",
  outcomesTable: "outcomes",
  activityTable: "activity",
} as const;

export function localUrl(portNumber: number): string {
  return `http://127.0.0.1:${portNumber}`;
}

function isConnectionRefused(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === "ECONNREFUSED" || (cause instanceof Error && isConnectionRefused(cause));
}

async function findQueue(sqs: SQSClient, name: string, endpoint: string): Promise<string | undefined> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    // The engine may return a host that only it knows.
    return QueueUrl === undefined ? undefined : new URL(new URL(QueueUrl).pathname, endpoint).href;
  } catch (error) {
    if (isConnectionRefused(error) || error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

/** @returns both queue URLs; undefined when no local stack answers */
export async function findLocalQueues(sqs: SQSClient, endpoint: string) {
  const [queueUrl, deadLetterQueueUrl] = await Promise.all([
    findQueue(sqs, localStack.queueName, endpoint),
    findQueue(sqs, localStack.deadLetterQueueName, endpoint),
  ]);
  return queueUrl === undefined || deadLetterQueueUrl === undefined ? undefined : { queueUrl, deadLetterQueueUrl };
}
