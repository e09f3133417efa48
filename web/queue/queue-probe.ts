/** Reads the registrations queue's message counts. */
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";

export interface QueueProbe {
  /** @returns messages visible, in flight and delayed (approximate); rejects when SQS does not answer */
  countMessages(): Promise<number>;
}

export function createQueueProbe(sqs: SQSClient, queueUrl: string): QueueProbe {
  return {
    async countMessages() {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
          ],
        }),
      );
      return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    },
  };
}
