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
import { createLogGroup, type LogGroup } from "./log-group.ts";
import { readIamIdentity, readLocalIdentity } from "./identity.ts";
import { findLocalPlace } from "./local-place.ts";
import { findLocalMail, findLocalQueues, localStack } from "./local-stack.ts";
import { readStackOutputs, type StackLocation } from "./stack-outputs.ts";

const NamesConfig = Type.Object({
  QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the SQS registrations queue" }),
  DEAD_LETTER_QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of its dead-letter queue" }),
  REGISTRATIONS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB registrations table" }),
  DEAD_LETTERS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB dead-letters table" }),
  OUTCOMES_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB outcomes table" }),
  ACTIVITY_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB activity table" }),
  CONTROLS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB controls table" }),
});
const MailNamesConfig = Type.Object({
  MAIL_QUEUE_URL: Type.Optional(Type.String({ pattern: "^https?://", description: "URL of the SQS mail queue" })),
  MAILS_TABLE: Type.Optional(Type.String({ minLength: 3, description: "name of the DynamoDB mails table" })),
});
const AuditConfig = Type.Object({
  AUDIT_LOG_GROUP: Type.Optional(
    Type.String({ pattern: "^[\\w/.#-]{1,512}$", description: "name of a CloudWatch log group" }),
  ),
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
  readonly controlsTable: string;
  /** Undefined where the deployment sends no mail. */
  readonly mailQueueUrl?: string | undefined;
  /** Undefined where the deployment sends no mail. */
  readonly mailsTable?: string | undefined;
  /** Where the audit log goes beside its table. Undefined: nowhere. */
  readonly auditLogGroup?: LogGroup | undefined;
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
  /** Of the web tier of the local stack that is meant. Default: the one that runs. */
  readonly webUrl?: string | undefined;
  /** Tells people which local stack is used. `addConnectionOptions` sets it. Default: nobody is told. */
  readonly note?: (line: string) => void;
}

/** More generous than a tier's, since nobody queues behind a command: room for a long poll or a scan page. */
const timeouts = { requestTimeoutMs: 30_000, connectionTimeoutMs: 5_000, maxAttempts: 5 } as const;

/** Adds the options that select the deployment. */
export function addConnectionOptions(command: Command): Command {
  const options = [
    new Option("--stack <name>", "the deployment's CloudFormation stack"),
    new Option("--local", "the stack that npm start runs on this machine; WEB_PORT chooses between several").conflicts([
      "stack",
      "profile",
    ]),
    new Option("--profile <name>", "profile of the AWS configuration files"),
    new Option("--region <name>", "AWS region"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Deployment:"));
  return command.hook("preAction", (_, action) => {
    action.setOptionValue("note", (line: string) => action.configureOutput().writeErr?.(line));
  });
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
      parts.auditLogGroup?.close();
      sqs.destroy();
      documents.destroy();
    },
  };
}

/** @returns the log group that AUDIT_LOG_GROUP names, for a deployment without a stack's outputs */
function givenLogGroup(stack: string, location: Omit<StackLocation, "stack">, env: Environment): LogGroup | undefined {
  const { AUDIT_LOG_GROUP: name } = readEnv(AuditConfig, env);
  return name === undefined ? undefined : createLogGroup({ name, stack, location });
}

/** @returns the local stack; undefined when none runs */
async function connectLocally({ webUrl, note }: ConnectionFlags, env: Environment): Promise<Connection | undefined> {
  const place = await findLocalPlace(env, webUrl);
  for (const line of place.ignored) note?.(line);
  const { region, credentials, sqs: endpoint } = place;
  const { registrationsTable, deadLettersTable, outcomesTable, activityTable, controlsTable } = localStack;
  const options = { region, credentials, ...timeouts };
  const probe = createSqsClient({ ...options, endpoint, requestTimeoutMs: 2_000, maxAttempts: 1 });
  try {
    const queues = await findLocalQueues(probe, endpoint);
    if (queues === undefined) return undefined;
    const mail = place.mail === undefined ? undefined : await findLocalMail(probe, endpoint, place.mail);
    // Who names the ports knows.
    if (place.recorded || !place.portsGiven) note?.(`Using the ${place.name}.`);
    return createConnection(
      {
        deployment: place.name,
        ...queues,
        ...mail,
        registrationsTable,
        deadLettersTable,
        outcomesTable,
        activityTable,
        controlsTable,
        auditLogGroup: givenLogGroup(`local stack on port ${new URL(endpoint).port}`, { region }, env),
        tiers: { kind: "urls", web: place.web, worker: place.worker },
        identity: readLocalIdentity,
      },
      { ...options, endpoint },
      { ...options, endpoint: place.dynamodb },
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
      controlsTable: outputs.ControlsTable,
      mailQueueUrl: outputs.MailQueueUrl,
      mailsTable: outputs.MailsTable,
      auditLogGroup: createLogGroup({ name: outputs.AuditLogGroup, stack: location.stack, location }),
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
  const { MAIL_QUEUE_URL: mailQueueUrl, MAILS_TABLE: mailsTable } = readEnv(MailNamesConfig, env);
  return createConnection(
    {
      deployment: `queue ${names.QUEUE_URL}`,
      queueUrl: names.QUEUE_URL,
      deadLetterQueueUrl: names.DEAD_LETTER_QUEUE_URL,
      registrationsTable: names.REGISTRATIONS_TABLE,
      deadLettersTable: names.DEAD_LETTERS_TABLE,
      outcomesTable: names.OUTCOMES_TABLE,
      activityTable: names.ACTIVITY_TABLE,
      controlsTable: names.CONTROLS_TABLE,
      mailQueueUrl,
      mailsTable,
      auditLogGroup: givenLogGroup(names.QUEUE_URL, location, env),
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
  const local = await connectLocally(flags, env);
  if (local !== undefined) return local;
  throw new TurnoutError(
    "TURNOUT_DEPLOYMENT_UNKNOWN",
    flags.local
      ? "No local stack answers on this machine. Start one with: npm start, on whatever ports. If one runs from another " +
          "checkout, WEB_PORT, WORKER_PORT, SQS_PORT and DYNAMODB_PORT say where."
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
