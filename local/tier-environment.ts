/**
 * The tiers' environment in the local stack: the variables that `infra/` sets in production, with local endpoints. The
 * user's other variables are passed on, so `POLLERS=8 npm start` works; those that define the stack itself cannot be
 * overridden.
 */
import { devNull } from "node:os";
import type { Environment } from "../shared/process/environment.ts";
import { loopback } from "./ports.ts";
import {
  activityTable,
  controlsTable,
  deadLettersTable,
  mailsTable,
  outcomesTable,
  registrationsTable,
  type QueueUrls,
} from "./provision.ts";

/** What sending mail needs. */
export interface MailSurroundings {
  readonly sesEndpoint: string;
  readonly from: string;
  /** Of the web tier, for the links in mails; a PUBLIC_URL of the user replaces it. */
  readonly webUrl: string;
}

export interface TierSurroundings {
  readonly region: string;
  readonly sqsEndpoint: string;
  readonly dynamoDbEndpoint: string;
  /** False for an external endpoint, with the user's credentials and AWS configuration. */
  readonly embeddedOnly: boolean;
  readonly queues: QueueUrls;
  readonly receiptKeys: string;
  /** Undefined: no mail is sent. */
  readonly mail?: MailSurroundings | undefined;
}

type Variables = Record<string, string>;

/** The embedded engines accept any; the SDK requires some. */
export const embeddedCredentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

/** Long enough for a slow write, short enough to redeliver a killed worker's messages soon. */
export const visibilityTimeoutSeconds = 10;
/** A tier's time to stop; the supervisor waits slightly longer. */
export const stopDeadlineSeconds = 8;

/** Variables that load code into a process, and those that npm and test runners set for their children. */
const foreign = /^(NODE_OPTIONS$|NODE_V8_COVERAGE$|TAP|_TAPJS_|npm_)/;

/** Variables that define the stack's mail, and switch it on in a tier. */
const mailVariables = new Set(["MAIL_FROM", "MAIL_QUEUE_URL", "MAILS_TABLE"]);

/**
 * @param given the environment of the caller
 * @returns what a process needs to use this stack: endpoints, credentials, names
 */
export function stackEnvironment(given: Environment, surroundings: TierSurroundings): Variables {
  const { region, sqsEndpoint, dynamoDbEndpoint, embeddedOnly, queues, mail } = surroundings;
  const kept: Variables = {};
  for (const [name, value] of Object.entries(given)) {
    const dropped = foreign.test(name) || mailVariables.has(name) || (embeddedOnly && name.startsWith("AWS_"));
    if (value !== undefined && !dropped) kept[name] = value;
  }
  const ownCredentials = !embeddedOnly && (given.AWS_ACCESS_KEY_ID !== undefined || given.AWS_PROFILE !== undefined);
  return {
    ...kept,
    ...(!ownCredentials && {
      AWS_ACCESS_KEY_ID: embeddedCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: embeddedCredentials.secretAccessKey,
    }),
    // This machine's AWS configuration must not affect embedded engines.
    ...(embeddedOnly && {
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: "true",
    }),
    AWS_REGION: region,
    AWS_ENDPOINT_URL_SQS: sqsEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbEndpoint,
    QUEUE_URL: queues.queueUrl,
    DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
    REGISTRATIONS_TABLE: registrationsTable,
    DEAD_LETTERS_TABLE: deadLettersTable,
    OUTCOMES_TABLE: outcomesTable,
    ACTIVITY_TABLE: activityTable,
    CONTROLS_TABLE: controlsTable,
    ...(mail !== undefined && {
      AWS_ENDPOINT_URL_SESV2: mail.sesEndpoint,
      MAIL_QUEUE_URL: queues.mailQueueUrl,
      MAILS_TABLE: mailsTable,
    }),
  };
}

/** @returns the web tier's environment */
export function webEnvironment(given: Environment, surroundings: TierSurroundings, port: number): Variables {
  return {
    // All local clients share one address, so a limit per client would be one for all.
    RATE_LIMIT_PER_MINUTE: "0",
    STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds),
    ...stackEnvironment(given, surroundings),
    RECEIPT_KEYS: surroundings.receiptKeys,
    HOST: loopback,
    PORT: String(port),
  };
}

/** @returns the worker tier's environment */
export function workerEnvironment(given: Environment, surroundings: TierSurroundings, port: number): Variables {
  const { mail, receiptKeys } = surroundings;
  return {
    // A stop waits for long polls: short ones make Ctrl-C quick.
    RECEIVE_WAIT_SECONDS: "2",
    VISIBILITY_TIMEOUT_SECONDS: String(visibilityTimeoutSeconds),
    STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds),
    ...stackEnvironment(given, surroundings),
    ...(mail !== undefined && {
      MAIL_FROM: mail.from,
      PUBLIC_URL: given.PUBLIC_URL || mail.webUrl,
      RECEIPT_KEYS: receiptKeys,
    }),
    HOST: loopback,
    PORT: String(port),
  };
}

/** @returns the console's environment */
export function consoleEnvironment(
  given: Environment,
  surroundings: TierSurroundings,
  urls: { readonly web?: string; readonly worker?: string },
  token: string,
): Variables {
  return {
    ...stackEnvironment(given, surroundings),
    ...(urls.web !== undefined && { WEB_URL: urls.web }),
    ...(urls.worker !== undefined && { WORKER_URL: urls.worker }),
    TURNOUT_CONSOLE_TOKEN: token,
  };
}
