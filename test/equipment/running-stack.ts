/** The whole local stack for one test file, with direct access to its queues and tables. */
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createLocalStack, type LocalStack, type LocalStackOptions } from "../../local/stack.ts";
import { createDocumentClient, createSqsClient } from "../../shared/aws/aws-clients.ts";

export interface StoredRegistration {
  readonly email: string;
  readonly registrationId: string;
  readonly name: string;
  readonly answers: Record<string, unknown>;
  readonly submittedAt: string;
  readonly storedAt: string;
}

export interface RunningStack {
  readonly stack: LocalStack;
  readonly web: string;
  readonly worker: string;
  /** Everybody in the table. */
  stored(): Promise<StoredRegistration[]>;
  /** Records of the dead-letters table. */
  deadLetters(): Promise<Record<string, unknown>[]>;
  /** Messages on both queues, waiting or in flight. */
  outstanding(): Promise<number>;
  stop(): Promise<void>;
}

export async function startStack(options: LocalStackOptions = {}): Promise<RunningStack> {
  const stack = createLocalStack({ periodicTasks: false, ...options });
  const { web = "", worker = "" } = await stack.start();
  const { environment } = stack;
  // Where the SDK reads them; a test file is a process of its own.
  Object.assign(process.env, environment);
  const bounds = { region: environment.AWS_REGION!, requestTimeoutMs: 20_000, maxAttempts: 3 };
  const sqs = createSqsClient(bounds);
  const documents = createDocumentClient(bounds);

  async function scan(table: string): Promise<Record<string, unknown>[]> {
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
  }

  async function messages(queueUrl: string): Promise<number> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
    );
    return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  }

  return {
    stack,
    web,
    worker,
    stored: async () => (await scan(environment.REGISTRATIONS_TABLE!)) as unknown as StoredRegistration[],
    deadLetters: () => scan(environment.DEAD_LETTERS_TABLE!),
    async outstanding() {
      const counts = await Promise.all([
        messages(environment.QUEUE_URL!),
        messages(environment.DEAD_LETTER_QUEUE_URL!),
      ]);
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async stop() {
      sqs.destroy();
      documents.destroy();
      await stack.stop();
    },
  };
}
