/**
 * Connects a command to a deployment: its queues, tables, region and identity.
 *
 * In this order: `--local`, `--stack NAME`, variables such as QUEUE_URL, a local stack on this machine. Endpoints and
 * credentials come from the SDK (`AWS_ENDPOINT_URL_SQS`, `AWS_PROFILE` and others).
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Option, type Command } from "commander";
import { Type } from "typebox";
import { createDocumentClient, createSqsClient, type ClientOptions } from "../shared/aws/aws-clients.ts";
import { readEnv, type Environment } from "../shared/process/environment.ts";
import { TurnoutError } from "../shared/errors.ts";
import { readIamIdentity, readLocalIdentity } from "./identity.ts";
import { findLocalQueues, localStack, LocalStackConfig, localUrl } from "./local-stack.ts";
import { readStackOutputs, type StackLocation } from "./stack-outputs.ts";

const NamesConfig = Type.Object({
  QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the SQS registrations queue" }),
  DEAD_LETTER_QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of its dead-letter queue" }),
  REGISTRATIONS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB registrations table" }),
  DEAD_LETTERS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB dead-letters table" }),
  OUTCOMES_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB outcomes table" }),
  ACTIVITY_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB activity table" }),
});
const namesOfVariables = Object.keys(NamesConfig.properties);

const TiersConfig = Type.Object({
  WEB_URL: Type.Optional(Type.String({ pattern: "^https?://", description: "where the web tier answers" })),
  WORKER_URL: Type.Optional(Type.String({ pattern: "^https?://", description: "where the worker tier answers" })),
});

/** Where to ask for the tiers' health: their URLs, or AWS. */
export type Tiers =
  | { readonly kind: "urls"; readonly web?: string | undefined; readonly worker?: string | undefined }
  | (StackLocation & { readonly kind: "stack"; readonly environments: Readonly<Record<"web" | "worker", string>> });

export interface Connection {
  /** Name of the deployment. */
  readonly deployment: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly outcomesTable: string;
  readonly activityTable: string;
  readonly tiers: Tiers;
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  /** @returns the identity for histories and logs. @throws the SDK's error without valid credentials */
  identity(): Promise<string>;
  /** Closes the clients. Safe to repeat. */
  close(): void;
}

export interface ConnectionFlags {
  readonly profile?: string;
  readonly region?: string;
  readonly stack?: string;
  readonly local?: boolean;
}

/** More generous than a tier's, since nobody queues behind a command: room for a long poll or a scan page. */
const timeouts = { requestTimeoutMs: 30_000, connectionTimeoutMs: 5_000, maxAttempts: 5 } as const;

/** Adds the options that select the deployment. */
export function addConnectionOptions(command: Command): Command {
  const options = [
    new Option("--stack <name>", "the deployment's CloudFormation stack"),
    new Option("--local", "the stack that npm start runs on this machine").conflicts(["stack", "profile"]),
    new Option("--profile <name>", "profile of the AWS configuration files"),
    new Option("--region <name>", "AWS region"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Deployment:"));
  return command;
}

type Parts = Omit<Connection, "sqs" | "documents" | "close">;

function createConnection(parts: Parts, sqsOptions: ClientOptions, tableOptions = sqsOptions): Connection {
  const sqs = createSqsClient(sqsOptions);
  const documents = createDocumentClient(tableOptions);
  return {
    ...parts,
    sqs,
    documents,
    close() {
      sqs.destroy();
      documents.destroy();
    },
  };
}

/** @returns the local stack; undefined when none runs */
async function connectLocally(env: Environment): Promise<Connection | undefined> {
  const config = readEnv(LocalStackConfig, env);
  const { region, credentials, registrationsTable, deadLettersTable, outcomesTable, activityTable } = localStack;
  const options = { region, credentials, ...timeouts };
  const endpoint = localUrl(config.SQS_PORT);
  const probe = createSqsClient({ ...options, endpoint, requestTimeoutMs: 2_000, maxAttempts: 1 });
  try {
    const queues = await findLocalQueues(probe, endpoint);
    if (queues === undefined) return undefined;
    return createConnection(
      {
        deployment: `local stack, SQS on port ${config.SQS_PORT}`,
        ...queues,
        registrationsTable,
        deadLettersTable,
        outcomesTable,
        activityTable,
        tiers: { kind: "urls", web: localUrl(config.WEB_PORT), worker: localUrl(config.WORKER_PORT) },
        identity: readLocalIdentity,
      },
      { ...options, endpoint },
      { ...options, endpoint: localUrl(config.DYNAMODB_PORT) },
    );
  } finally {
    probe.destroy();
  }
}

async function connectToStack(location: StackLocation, env: Environment): Promise<Connection> {
  const outputs = await readStackOutputs(location);
  return createConnection(
    {
      deployment: `stack ${location.stack}`,
      queueUrl: outputs.QueueUrl,
      deadLetterQueueUrl: outputs.DeadLetterQueueUrl,
      registrationsTable: outputs.RegistrationsTable,
      deadLettersTable: outputs.DeadLettersTable,
      outcomesTable: outputs.OutcomesTable,
      activityTable: outputs.ActivityTable,
      tiers: {
        kind: "stack",
        ...location,
        environments: { web: outputs.WebEnvironment, worker: outputs.WorkerEnvironment },
      },
      identity: () => readIamIdentity(location, env),
    },
    { ...location, ...timeouts },
  );
}

function connectByNames(location: Omit<StackLocation, "stack">, env: Environment): Connection {
  const names = readEnv(NamesConfig, env);
  const { WEB_URL, WORKER_URL } = readEnv(TiersConfig, env);
  return createConnection(
    {
      deployment: `queue ${names.QUEUE_URL}`,
      queueUrl: names.QUEUE_URL,
      deadLetterQueueUrl: names.DEAD_LETTER_QUEUE_URL,
      registrationsTable: names.REGISTRATIONS_TABLE,
      deadLettersTable: names.DEAD_LETTERS_TABLE,
      outcomesTable: names.OUTCOMES_TABLE,
      activityTable: names.ACTIVITY_TABLE,
      tiers: { kind: "urls", web: WEB_URL, worker: WORKER_URL },
      identity: () => readIamIdentity(location, env),
    },
    { ...location, ...timeouts },
  );
}

/**
 * @param flags from the command line
 * @returns clients and names, to close with `close()`. Only names are looked up: credentials are checked by the first
 *   call.
 * @throws TURNOUT_DEPLOYMENT_UNKNOWN, TURNOUT_ENVIRONMENT_INVALID; the SDK's error when CloudFormation does not answer
 */
export async function connect(flags: ConnectionFlags, env: Environment): Promise<Connection> {
  const location = { region: flags.region ?? (env.AWS_REGION || undefined), profile: flags.profile };
  if (flags.stack !== undefined) return connectToStack({ ...location, stack: flags.stack }, env);
  if (!flags.local && namesOfVariables.some((name) => env[name])) return connectByNames(location, env);
  const local = await connectLocally(env);
  if (local !== undefined) return local;
  throw new TurnoutError(
    "TURNOUT_DEPLOYMENT_UNKNOWN",
    flags.local
      ? "No local stack answers on this machine. Start one with: npm start (SQS_PORT says where, if not on 3003)."
      : `Which deployment is meant? Give --stack NAME, or set ${namesOfVariables.join(", ")}, or start a local stack ` +
          "with: npm start",
  );
}

/** AWS accepts requests whose time is off by up to this. */
const tolerableSkewMs = 5 * 60_000;

/**
 * @returns milliseconds since the epoch, by AWS's clock when this machine's is minutes off, as the SDK detects with the
 *   first call. For times compared with those of the tiers.
 */
export function awsTime({ config }: DynamoDBDocumentClient): number {
  const { systemClockOffset: offset } = config;
  // AWS reports whole seconds, truncated: what was submitted within this second must not seem later than now.
  return Math.abs(offset) < tolerableSkewMs ? Date.now() : Date.now() + offset + 1_000;
}

/** Connects, runs the work and always closes the connection. */
export async function withConnection<Result>(
  flags: ConnectionFlags,
  env: Environment,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await connect(flags, env);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
