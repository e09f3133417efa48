/** Looks at the registrations queue from the outside: whether it answers, and how much is on it. */
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";

export interface QueueProbe {
  /** @returns messages waiting or in flight, as SQS counts them (approximately); rejects when SQS does not answer */
  countMessages(): Promise<number>;
}

export function createQueueProbe(sqs: SQSClient, queueUrl: string): QueueProbe {
  return {
    async countMessages() {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        }),
      );
      const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: inFlight } = Attributes;
      return Number(waiting ?? 0) + Number(inFlight ?? 0);
    },
  };
}
