/**
 * The AWS clients of both tiers and of the command, tuned once: connections kept alive and reused, every call bounded,
 * retries with backoff. Endpoints come from the SDK's own `AWS_ENDPOINT_URL_SQS` and `AWS_ENDPOINT_URL_DYNAMODB`.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Readable } from "node:stream";
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
  /** Bound on the connection alone. Default: 1 s. */
  readonly connectionTimeoutMs?: number;
  /** Default: where the SDK's own variables say, or AWS itself. */
  readonly endpoint?: string | undefined;
  /** Default: those that the SDK finds, in the environment, a profile or the instance. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Profile of the AWS configuration files. Default: as the environment says. */
  readonly profile?: string | undefined;
}

const defaultConnectionTimeoutMs = 1_000;
/** Last used, first reused: a quiet client lets its spare connections go, a busy one keeps the warm ones. */
const agentOptions = { keepAlive: true, maxSockets: 256, scheduling: "lifo" } as const;

/**
 * The SDK's connection time-out includes the wait for a free socket, and says then that no connection was made: the network
 * would be blamed for what this process does to itself. So no more attempts are begun than there are sockets; the others
 * wait here, where no time-out runs.
 */
function awaitSocket() {
  let free: number = agentOptions.maxSockets;
  const line: (() => void)[] = [];
  return <Attempt, Outcome>(next: (attempt: Attempt) => Promise<Outcome>) =>
    async (attempt: Attempt): Promise<Outcome> => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await next(attempt);
      } finally {
        const following = line.shift();
        if (following) following();
        else free += 1;
      }
    };
}

/** Within the retries, whose pauses need no socket, and before the signature, which has an age. */
const beforeAttempt = { relation: "after", toMiddleware: "retryMiddleware", name: "freeSocket" } as const;

/** @returns what the constructor of any client of the SDK takes */
export function clientOptions(options: ClientOptions) {
  const { region, requestTimeoutMs, maxAttempts, endpoint, credentials, profile } = options;
  const { connectionTimeoutMs = defaultConnectionTimeoutMs } = options;
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

/**
 * The SDK's own request time-out ends when the answer's head is there, and would wait for the rest for ever. This step
 * ends the attempt; the SDK's retries see a time-out as they know it.
 */
function boundWholeAnswer(requestTimeoutMs: number) {
  return <Attempt, Answer extends { response: unknown }>(next: (attempt: Attempt) => Promise<Answer>) =>
    async (attempt: Attempt): Promise<Answer> => {
      const deadline = performance.now() + requestTimeoutMs;
      const answer = await next(attempt);
      const { body } = answer.response as { body?: unknown };
      if (body instanceof Readable) {
        const left = Math.max(1, deadline - performance.now());
        const timer = setTimeout(() => body.destroy(tooSlow(requestTimeoutMs)), left);
        body.once("close", () => clearTimeout(timer));
      }
      return answer;
    };
}

/** The last step before the attempt itself. */
const aroundAnswer = { step: "deserialize", priority: "low", name: "wholeAnswerTimeout" } as const;

/** What names its own cause, such as the answer that was not complete, is to come first. */
const graceMs = 250;

/** Whatever happens to an attempt, an answer that ends without an end for instance: it is over when its time is. */
function boundAttempt(requestTimeoutMs: number) {
  return <Attempt, Outcome>(next: (attempt: Attempt) => Promise<Outcome>) =>
    async (attempt: Attempt): Promise<Outcome> => {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(tooSlow(requestTimeoutMs)), requestTimeoutMs + graceMs);
      try {
        return await Promise.race([next(attempt), late]);
      } finally {
        clearTimeout(timer);
      }
    };
}

/** Around the attempt and the reading of its answer, within the retries. */
const aroundAttempt = { step: "deserialize", priority: "high", name: "attemptTimeout" } as const;

function tooSlow(requestTimeoutMs: number): Error {
  return Object.assign(new Error(`The answer was not complete within ${requestTimeoutMs} ms.`), {
    name: "TimeoutError",
    code: "ETIMEDOUT",
  });
}

/** @returns a client to be ended with `destroy()` */
export function createSqsClient(options: ClientOptions): SQSClient {
  // The queue's URL is an identifier here; where it is served is the endpoint's business.
  const client = new SQSClient({ ...clientOptions(options), useQueueUrlAsEndpoint: false });
  client.middlewareStack.add(boundWholeAnswer(options.requestTimeoutMs), aroundAnswer);
  client.middlewareStack.add(boundAttempt(options.requestTimeoutMs), aroundAttempt);
  client.middlewareStack.addRelativeTo(awaitSocket(), beforeAttempt);
  // Measured: the SDK's own logging costs 9 % of a call even while nobody logs.
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** @returns a document client (plain JavaScript values in and out) to be ended with `destroy()` */
export function createDocumentClient(options: ClientOptions): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientOptions(options));
  client.middlewareStack.add(boundWholeAnswer(options.requestTimeoutMs), aroundAnswer);
  client.middlewareStack.add(boundAttempt(options.requestTimeoutMs), aroundAttempt);
  client.middlewareStack.addRelativeTo(awaitSocket(), beforeAttempt);
  client.middlewareStack.remove("loggerMiddleware");
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
