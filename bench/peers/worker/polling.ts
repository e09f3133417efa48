/**
 * The loop that all polling worker peers share: as many pollers as the product has, each long-polling and handing on what it
 * received.
 */
import { ReceiveMessageCommand, type Message, type SQSClient } from "@aws-sdk/client-sqs";

export interface PollingOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Messages in one receive, 1 to 10. */
  readonly batchSize: number;
  /** Stores the messages and deletes them. */
  readonly work: (messages: readonly Message[]) => Promise<unknown>;
}

const pollers = 4;
const waitSeconds = 5;

/** Polls until the process ends. */
export function poll({ sqs, queueUrl, batchSize, work }: PollingOptions): void {
  async function loop(): Promise<never> {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: batchSize,
          WaitTimeSeconds: waitSeconds,
        }),
      );
      if (Messages.length > 0) await work(Messages);
    }
  }
  for (let index = 0; index < pollers; index += 1) void loop();
}

/** @returns the registration in a message of one */
export function contentOf({ Body = "" }: Message): Record<string, unknown> {
  return JSON.parse(Body) as Record<string, unknown>;
}

/** @returns the entries of a `DeleteMessageBatch` for these messages */
export function deletionsOf(messages: readonly Message[]): { Id: string; ReceiptHandle: string | undefined }[] {
  return messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
}
