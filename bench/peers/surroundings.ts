/**
 * What each peer is given: the environment that the product's tiers have, and the SDK's clients as a careful team sets them
 * up: kept-alive connections, time limits, retries, and no logging, whose middleware costs 9 % of a call. They send through
 * the SDK's own HTTP handler; the product's is part of its design (`shared/aws/http-handler.ts`).
 */
import { Agent } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { loadEvent, type EventDefinition } from "../../shared/registration/event-definition.ts";

export interface Surroundings {
  readonly event: EventDefinition;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
}

const maxAttempts = 3;
const maxSockets = 256;
const timeouts = { connectionTimeout: 1_000, requestTimeout: 10_000, throwOnRequestTimeout: true } as const;

function clientOptions(region: string) {
  const httpAgent = new Agent({ keepAlive: true, maxSockets, scheduling: "lifo" });
  return { region, maxAttempts, requestHandler: { ...timeouts, httpAgent } };
}

function createSqsClient(region: string): SQSClient {
  const client = new SQSClient({ ...clientOptions(region), useQueueUrlAsEndpoint: false });
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

function createDocumentClient(region: string): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientOptions(region));
  client.middlewareStack.remove("loggerMiddleware");
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** @throws Error naming the variable that is missing */
export function readSurroundings(env: NodeJS.ProcessEnv): Surroundings {
  function read(name: string): string {
    const value = env[name];
    if (value === undefined) throw new Error(`${name} is not set: peers are started by the benchmark`);
    return value;
  }
  const region = read("AWS_REGION");
  return {
    event: loadEvent(read("EVENT_FILE")),
    sqs: createSqsClient(region),
    queueUrl: read("QUEUE_URL"),
    documents: createDocumentClient(region),
    tableName: read("REGISTRATIONS_TABLE"),
  };
}
