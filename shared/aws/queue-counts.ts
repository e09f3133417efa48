/** A queue's message counts by SQS: approximate, exact about a minute after the last send. */
import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from "@aws-sdk/client-sqs";

export interface QueueCounts {
  /** Messages that can be received. */
  readonly waiting: number;
  /** Received and not yet deleted. */
  readonly inFlight: number;
  /** Not receivable yet. */
  readonly delayed: number;
}

async function readAttributes(sqs: SQSClient, url: string, names: QueueAttributeName[]) {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }));
  return Attributes;
}

/** @throws the SDK's error when SQS does not answer or rejects the call */
export async function readQueueCounts(sqs: SQSClient, url: string): Promise<QueueCounts> {
  const attributes = await readAttributes(sqs, url, [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
  ]);
  return {
    waiting: Number(attributes.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0),
  };
}

/** @returns all messages of a queue */
export function totalOf({ waiting, inFlight, delayed }: QueueCounts): number {
  return waiting + inFlight + delayed;
}

/**
 * @returns all messages of these queues
 * @throws the SDK's error when SQS does not answer or rejects the call
 */
export async function countMessages(sqs: SQSClient, ...urls: readonly string[]): Promise<number> {
  const counts = await Promise.all(urls.map((url) => readQueueCounts(sqs, url)));
  return counts.reduce((sum, queue) => sum + totalOf(queue), 0);
}

/**
 * @returns the queue's identity beyond its name: a recreated one differs
 * @throws the SDK's error when SQS does not answer or rejects the call
 */
export async function readStackIdentity(sqs: SQSClient, queueUrl: string): Promise<string> {
  const { QueueArn, CreatedTimestamp } = await readAttributes(sqs, queueUrl, ["QueueArn", "CreatedTimestamp"]);
  return `${QueueArn}@${new Date(Number(CreatedTimestamp) * 1_000).toISOString()}`;
}

/** @returns the queue's visibility timeout, seconds */
export async function readVisibilityTimeoutSeconds(sqs: SQSClient, url: string): Promise<number> {
  const { VisibilityTimeout } = await readAttributes(sqs, url, ["VisibilityTimeout"]);
  return Number(VisibilityTimeout ?? 30);
}
