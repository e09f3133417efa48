/**
 * The ports and names of the local stack, as in `local/`, and its queues. The two do not import each other; a test compares
 * them. Which stack is meant: `local-place.ts`.
 */
import { GetQueueUrlCommand, QueueDoesNotExist, type SQSClient } from "@aws-sdk/client-sqs";
import { Type, type Static } from "typebox";

const port = (of: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: `TCP port of the local stack's ${of}; 0, as for npm start, for any`,
    }),
  );

export const LocalStackConfig = Type.Object({
  WEB_PORT: port("web tier"),
  WORKER_PORT: port("worker tier"),
  CONSOLE_PORT: port("console"),
  SQS_PORT: port("SQS"),
  DYNAMODB_PORT: port("DynamoDB"),
  MAIL_PORT: port("SES"),
});

/** Where npm start listens by itself. */
export const defaultPorts: Readonly<Record<keyof LocalStackConfig, number>> = {
  WEB_PORT: 3000,
  WORKER_PORT: 3001,
  CONSOLE_PORT: 3002,
  SQS_PORT: 3003,
  DYNAMODB_PORT: 3004,
  MAIL_PORT: 3005,
};

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
  controlsTable: "controls",
  mailQueueName: "mails",
  mailsTable: "mails",
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

const probeTimeoutMs = 2_000;

/**
 * @param sesUrl where the stack's SES is, if it sends mails: it has queue and table in any case
 * @returns their names; undefined when no mails are sent
 */
export async function findLocalMail(sqs: SQSClient, endpoint: string, sesUrl: string) {
  try {
    const answer = await fetch(sesUrl, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await answer.body?.cancel();
  } catch {
    return undefined;
  }
  const mailQueueUrl = await findQueue(sqs, localStack.mailQueueName, endpoint);
  return mailQueueUrl === undefined ? undefined : { mailQueueUrl, mailsTable: localStack.mailsTable };
}
