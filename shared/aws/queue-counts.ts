/** How many messages a queue holds, as SQS counts them: approximately, and right once nobody sends for a minute. */
import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from "@aws-sdk/client-sqs";

export interface QueueCounts {
  /** Messages that can be received. */
  readonly waiting: number;
  /** Messages that were received and not yet deleted. */
  readonly inFlight: number;
  /** Messages that cannot be received yet. */
  readonly delayed: number;
}

async function readAttributes(sqs: SQSClient, url: string, names: QueueAttributeName[]) {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }));
  return Attributes;
}

/** @throws the SDK's error when SQS does not answer or rejects */
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

/**
 * @returns which stack this is, beyond its name: one that was destroyed and made anew is another
 * @throws the SDK's error when SQS does not answer or rejects
 */
export async function readStackIdentity(sqs: SQSClient, queueUrl: string): Promise<string> {
  const { QueueArn, CreatedTimestamp } = await readAttributes(sqs, queueUrl, ["QueueArn", "CreatedTimestamp"]);
  return `${QueueArn}@${new Date(Number(CreatedTimestamp) * 1_000).toISOString()}`;
}

/** @returns for how many seconds a received message stays hidden by the queue's own setting */
export async function readVisibilityTimeoutSeconds(sqs: SQSClient, url: string): Promise<number> {
  const { VisibilityTimeout } = await readAttributes(sqs, url, ["VisibilityTimeout"]);
  return Number(VisibilityTimeout ?? 30);
}
