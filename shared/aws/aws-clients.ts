/**
 * The AWS clients of tiers and commands: kept-alive connections, bounded calls, retries with back-off. Endpoints come
 * from the SDK's `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_SESV2`.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createHttpHandler, maxSockets } from "./http-handler.ts";
import { preparedCalls } from "./prepared-calls.ts";

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
  /** Commands that are sent all the time, as `prepared-calls.ts` takes them. Default: none. */
  readonly prepared?: readonly string[];
}

const defaultConnectionTimeoutMs = 1_000;

/** Attempts never exceed the sockets; the rest wait here, where it is not counted into the time of an attempt. */
function createSocketLine() {
  let free = maxSockets;
  const line: (() => void)[] = [];
  return async <Outcome>(attempt: () => Promise<Outcome>): Promise<Outcome> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await attempt();
    } finally {
      const following = line.shift();
      if (following) following();
      else free += 1;
    }
  };
}

type SocketLine = ReturnType<typeof createSocketLine>;

function awaitSocket(withSocket: SocketLine) {
  return <Attempt, Outcome>(next: (attempt: Attempt) => Promise<Outcome>) =>
    (attempt: Attempt): Promise<Outcome> =>
      withSocket(() => next(attempt));
}

/** Within the retries, whose pauses need no socket, and before signing, since signatures expire. */
const beforeAttempt = { relation: "after", toMiddleware: "retryMiddleware", name: "freeSocket" } as const;

/** The part of a client's middleware stack that is changed here. */
interface Steps {
  addRelativeTo(step: ReturnType<typeof awaitSocket>, where: typeof beforeAttempt): void;
  remove(name: string): boolean;
}

/** What every client does otherwise than the SDK has it. */
function ownSteps({ requestHandler }: Pick<SQSClient["config"], "requestHandler">, { prepared }: ClientOptions) {
  const withSocket = createSocketLine();
  return {
    applyToStack(stack: Steps): void {
      stack.addRelativeTo(awaitSocket(withSocket), beforeAttempt);
      // Measured: the SDK's logging costs 9 % of a call even without a logger.
      stack.remove("loggerMiddleware");
      if (!prepared) return;
      const handle = (request: Parameters<typeof requestHandler.handle>[0]) => requestHandler.handle(request);
      preparedCalls({ commands: prepared, handle, withSocket }).applyToStack(stack as never);
    },
  };
}

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
    requestHandler: createHttpHandler({ connectionTimeoutMs, requestTimeoutMs }),
  };
}

/** @returns a client to close with `destroy()` */
export function createSqsClient(options: ClientOptions): SQSClient {
  // The queue URL is only an identifier; the endpoint decides where calls go.
  const client = new SQSClient({ ...clientOptions(options), useQueueUrlAsEndpoint: false });
  client.middlewareStack.use(ownSteps(client.config, options));
  return client;
}

/** @returns a document client (plain JavaScript values) to close with `destroy()` */
export function createDocumentClient(options: ClientOptions): DynamoDBDocumentClient {
  const client = new DynamoDBClient(clientOptions(options));
  client.middlewareStack.use(ownSteps(client.config, options));
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** @returns a client to close with `destroy()` */
export function createSesClient(options: ClientOptions): SESv2Client {
  const client = new SESv2Client(clientOptions(options));
  client.middlewareStack.use(ownSteps(client.config, options));
  return client;
}
