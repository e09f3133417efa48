/**
 * What each peer is given: the environment that the product's tiers have, and the product's own tuned AWS clients, so that
 * a ratio between the two is about the design and not about settings.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDocumentClient, createSqsClient } from "../../shared/aws/aws-clients.ts";
import { loadEvent, type EventDefinition } from "../../shared/registration/event-definition.ts";

export interface Surroundings {
  readonly event: EventDefinition;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
}

const requestTimeoutMs = 10_000;
const maxAttempts = 3;

/** @throws Error naming the variable that is missing */
export function readSurroundings(env: NodeJS.ProcessEnv): Surroundings {
  function read(name: string): string {
    const value = env[name];
    if (value === undefined) throw new Error(`${name} is not set: peers are started by the benchmark`);
    return value;
  }
  const options = { region: read("AWS_REGION"), requestTimeoutMs, maxAttempts };
  return {
    event: loadEvent(read("EVENT_FILE")),
    sqs: createSqsClient(options),
    queueUrl: read("QUEUE_URL"),
    documents: createDocumentClient(options),
    tableName: read("REGISTRATIONS_TABLE"),
  };
}
