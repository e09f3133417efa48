/** The queues and tables of one cell: as `infra/` makes them on AWS, with a visibility and a receive count of its own. */
import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";

export interface CellResources {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly outcomesTable: string;
  readonly activityTable: string;
  readonly controlsTable: string;
  /** Unused where the cell sends no mail. */
  readonly mailQueueUrl: string;
  readonly mailsTable: string;
}

export interface CellResourcesOptions {
  readonly sqs: SQSClient;
  readonly dynamoDb: DynamoDBClient;
  /** First part of every name. */
  readonly id: string;
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
}

/** @throws the SDK's error, also when they exist already */
export async function createResources(options: CellResourcesOptions): Promise<CellResources> {
  const { sqs, dynamoDb, id, visibilityTimeoutSeconds, maxReceiveCount } = options;

  async function createQueue(name: string, attributes: Record<string, string>): Promise<string> {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return QueueUrl!;
  }
  async function createTable(name: string, key: string): Promise<string> {
    await dynamoDb.send(
      new CreateTableCommand({
        TableName: name,
        KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    return name;
  }

  const VisibilityTimeout = String(visibilityTimeoutSeconds);
  const deadLetterQueueUrl = await createQueue(`${id}-dead-letter-queue`, { VisibilityTimeout });
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ["QueueArn"] }),
  );
  const queueUrl = await createQueue(`${id}-queue`, {
    VisibilityTimeout,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount }),
  });
  const registrationsTable = await createTable(`${id}-registrations`, "email");
  const deadLettersTable = await createTable(`${id}-dead-letters`, "id");
  const outcomesTable = await createTable(`${id}-outcomes`, "id");
  const activityTable = await createTable(`${id}-activity`, "bucket");
  const controlsTable = await createTable(`${id}-controls`, "id");
  const mailQueueUrl = await createQueue(`${id}-mails`, { VisibilityTimeout });
  const mailsTable = await createTable(`${id}-mails`, "id");
  return {
    queueUrl,
    deadLetterQueueUrl,
    registrationsTable,
    deadLettersTable,
    outcomesTable,
    activityTable,
    controlsTable,
    mailQueueUrl,
    mailsTable,
  };
}
