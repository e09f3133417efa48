/**
 * Connects a command to one deployment: which queues and tables, in which region, as whom.
 *
 * The first of these that applies: `--local`, `--stack NAME`, the variables QUEUE_URL and so on, a local stack that runs on
 * this machine. Endpoints and credentials are the SDK's business (`AWS_ENDPOINT_URL_SQS`, `AWS_PROFILE` and all others).
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Option, type Command } from "commander";
import { Type } from "typebox";
import { createDocumentClient, createSqsClient, type ClientOptions } from "../shared/aws-clients.ts";
import { readEnv, type Environment } from "../shared/environment.ts";
import { TurnoutError } from "../shared/errors.ts";
import { findLocalQueues, localEndpoint, localStack, LocalStackConfig } from "./local-stack.ts";
import { readStackOutputs } from "./stack-outputs.ts";

const NamesConfig = Type.Object({
  QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the SQS registrations queue" }),
  DEAD_LETTER_QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of its dead-letter queue" }),
  REGISTRATIONS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB registrations table" }),
  DEAD_LETTERS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB dead-letters table" }),
});

export interface ResourceNames {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
}

export interface Connection extends ResourceNames {
  /** Which deployment this is, in words. */
  readonly deployment: string;
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  /** Ends the clients. Safe to call twice. */
  close(): void;
}

export interface ConnectionFlags {
  readonly profile?: string;
  readonly region?: string;
  readonly stack?: string;
  readonly local?: boolean;
}

/** Long enough for a long poll of any length, and for a page of a scan. */
const requestTimeoutMs = 30_000;
const maxAttempts = 5;

/** Adds the options that say which deployment is meant, alike for every command. */
export function addConnectionOptions(command: Command): Command {
  return command
    .addOption(new Option("--stack <name>", "deployment: name of its CloudFormation stack").helpGroup("Deployment:"))
    .addOption(
      new Option("--local", "deployment: the one that npm start runs on this machine")
        .conflicts(["stack", "profile"])
        .helpGroup("Deployment:"),
    )
    .addOption(new Option("--profile <name>", "profile of the AWS configuration files").helpGroup("Deployment:"))
    .addOption(new Option("--region <name>", "AWS region").helpGroup("Deployment:"));
}

function createConnection(
  deployment: string,
  names: ResourceNames,
  sqsOptions: ClientOptions,
  tableOptions = sqsOptions,
) {
  const sqs = createSqsClient(sqsOptions);
  const documents = createDocumentClient(tableOptions);
  return {
    deployment,
    ...names,
    sqs,
    documents,
    close() {
      sqs.destroy();
      documents.destroy();
    },
  };
}

/** @returns the local stack, undefined where none runs */
async function connectLocally(env: Environment): Promise<Connection | undefined> {
  const config = readEnv(LocalStackConfig, env);
  const { region, credentials, registrationsTable, deadLettersTable } = localStack;
  const options = { region, credentials, requestTimeoutMs, maxAttempts };
  const endpoint = localEndpoint(config.SQS_PORT);
  const probe = createSqsClient({ ...options, endpoint, requestTimeoutMs: 2_000, maxAttempts: 1 });
  try {
    const queues = await findLocalQueues(probe, endpoint);
    if (queues === undefined) return undefined;
    return createConnection(
      `local stack (SQS on port ${config.SQS_PORT})`,
      { ...queues, registrationsTable, deadLettersTable },
      { ...options, endpoint },
      { ...options, endpoint: localEndpoint(config.DYNAMODB_PORT) },
    );
  } finally {
    probe.destroy();
  }
}

/**
 * @param flags what the command line says
 * @returns the clients and names, to be ended with `close()`. Nothing but the names has been looked up: whether the
 *   credentials are good shows at the first call.
 * @throws TURNOUT_DEPLOYMENT_UNKNOWN, TURNOUT_ENVIRONMENT_INVALID; the SDK's error when CloudFormation does not answer
 */
export async function connect(flags: ConnectionFlags, env: Environment): Promise<Connection> {
  const options = { region: flags.region, profile: flags.profile, requestTimeoutMs, maxAttempts };
  if (flags.stack !== undefined) {
    const names = await readStackOutputs({ stack: flags.stack, region: flags.region, profile: flags.profile });
    return createConnection(`stack ${flags.stack}`, names, options);
  }
  const named = Object.keys(NamesConfig.properties).some((name) => env[name]);
  if (named && !flags.local) {
    const config = readEnv(NamesConfig, env);
    const names = {
      queueUrl: config.QUEUE_URL,
      deadLetterQueueUrl: config.DEAD_LETTER_QUEUE_URL,
      registrationsTable: config.REGISTRATIONS_TABLE,
      deadLettersTable: config.DEAD_LETTERS_TABLE,
    };
    return createConnection(`queue ${config.QUEUE_URL}`, names, options);
  }
  const local = await connectLocally(env);
  if (local !== undefined) return local;
  throw new TurnoutError(
    "TURNOUT_DEPLOYMENT_UNKNOWN",
    flags.local
      ? "No local stack answers on this machine. Start one with: npm start (SQS_PORT says where, if not on 3003)."
      : `Which deployment is meant? Give --stack NAME, or set ${Object.keys(NamesConfig.properties).join(", ")}, ` +
          "or start a local stack with: npm start",
  );
}
