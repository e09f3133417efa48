/**
 * The AWS clients of tiers and commands: kept-alive connections, bounded calls, retries with back-off. Endpoints come
 * from the SDK's `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_SESV2`.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Readable } from "node:stream";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export interface ClientOptions {
  /** Default: as the SDK finds it, in the environment or the profile. */
  readonly region?: string | undefined;
  /** Time limit of one attempt, including the whole answer. */
  readonly requestTimeoutMs: number;
  /** Attempts per call, the first included, with the SDK's exponential back-off and jitter. */
  readonly maxAttempts: number;
  /** Time limit of connecting. Default: 1 s. */
  readonly connectionTimeoutMs?: number;
  /** Default: the SDK's own variables, or AWS. */
  readonly endpoint?: string | undefined;
  /** Default: as the SDK finds them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Profile of the AWS configuration files. Default: as the environment says. */
  readonly profile?: string | undefined;
}

const defaultConnectionTimeoutMs = 1_000;
/** Last used, first reused: idle connections can close, busy ones stay warm. */
const agentOptions = { keepAlive: true, maxSockets: 256, scheduling: "lifo" } as const;

/**
 * The SDK's connection timeout includes the wait for a free socket and then reports a network failure. So attempts
 * never exceed the sockets; the rest wait here, without a timeout.
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

/** Within the retries, whose pauses need no socket, and before signing, since signatures expire. */
const beforeAttempt = { relation: "after", toMiddleware: "retryMiddleware", name: "freeSocket" } as const;

/** @returns constructor options for any SDK client */
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
      // Without this the SDK only warns at the timeout, and waits on.
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
    },
  };
}

/**
 * The SDK's request timeout ends with the response head and would wait for the body for ever. This step aborts the
 * attempt; the retries treat it as a timeout.
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

/** The last step before the attempt. */
const aroundAnswer = { step: "deserialize", priority: "low", name: "wholeAnswerTimeout" } as const;

/** An error with its own cause, such as a truncated answer, takes precedence. */
const graceMs = 250;

/** Whatever happens, for example a body that never ends, the attempt ends at its timeout. */
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

/** Around attempt and body, within the retries. */
const aroundAttempt = { step: "deserialize", priority: "high", name: "attemptTimeout" } as const;

function tooSlow(requestTimeoutMs: number): Error {
  return Object.assign(new Error(`The answer was not complete within ${requestTimeoutMs} ms.`), {
    name: "TimeoutError",
    code: "ETIMEDOUT",
  });
}

/** @returns a client to close with `destroy()` */
export function createSqsClient(options: ClientOptions): SQSClient {
  // The queue URL is only an identifier; the endpoint decides where calls go.
  const client = new SQSClient({ ...clientOptions(options), useQueueUrlAsEndpoint: false });
  client.middlewareStack.add(boundWholeAnswer(options.requestTimeoutMs), aroundAnswer);
  client.middlewareStack.add(boundAttempt(options.requestTimeoutMs), aroundAttempt);
  client.middlewareStack.addRelativeTo(awaitSocket(), beforeAttempt);
  // Measured: the SDK's logging costs 9 % of a call even without a logger.
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** @returns a document client (plain JavaScript values) to close with `destroy()` */
export function createDocumentClient(options: ClientOptions): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientOptions(options));
  client.middlewareStack.add(boundWholeAnswer(options.requestTimeoutMs), aroundAnswer);
  client.middlewareStack.add(boundAttempt(options.requestTimeoutMs), aroundAttempt);
  client.middlewareStack.addRelativeTo(awaitSocket(), beforeAttempt);
  client.middlewareStack.remove("loggerMiddleware");
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** @returns a client to close with `destroy()` */
export function createSesClient(options: ClientOptions): SESv2Client {
  const client = new SESv2Client(clientOptions(options));
  client.middlewareStack.add(boundWholeAnswer(options.requestTimeoutMs), aroundAnswer);
  client.middlewareStack.add(boundAttempt(options.requestTimeoutMs), aroundAttempt);
  client.middlewareStack.addRelativeTo(awaitSocket(), beforeAttempt);
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
