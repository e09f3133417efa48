/** The worker tier's environment: every variable, with its unit, bounds and default. */
import { Type, type Static } from "typebox";
import { dynamoDbLimits, sqsLimits } from "../shared/aws/aws-limits.ts";
import { readEnv, type Environment } from "../shared/process/environment.ts";
import { logLevels } from "../shared/process/logger.ts";
import { tracingVariables } from "../shared/tracing/tracing-variables.ts";

/** Needed for mails, and only for them. */
const mailVariables = {
  MAIL_QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the SQS mail queue" }),
  MAILS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB mails table" }),
  PUBLIC_URL: Type.String({
    pattern: String.raw`^https?://[a-z0-9.-]+(:\d{1,5})?$`,
    description: "public address of the site without a path, such as https://summit.example.org: for links in mails",
  }),
  RECEIPT_KEYS: Type.String({
    pattern: String.raw`^[\w-]{1,16}:[A-Za-z0-9+/]{43}=(,[\w-]{1,16}:[A-Za-z0-9+/]{43}=)*$`,
    writeOnly: true,
    description: "the web tier's: kid:base64 of 32 bytes, comma-separated; the first key seals the links in mails",
  }),
};

export const WorkerConfig = Type.Object({
  AWS_REGION: Type.String({ minLength: 1, description: "AWS region of queues and tables, such as eu-central-1" }),
  QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the SQS registrations queue" }),
  DEAD_LETTER_QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of its dead-letter queue" }),
  REGISTRATIONS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB registrations table" }),
  DEAD_LETTERS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB dead-letters table" }),
  OUTCOMES_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB outcomes table" }),
  ACTIVITY_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB activity table" }),
  HOST: Type.String({
    default: "127.0.0.1",
    description: "address to listen on; the daemon posts from the same machine",
  }),
  PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535, description: "TCP port, 0 for any free one" }),
  LOG_LEVEL: Type.Enum([...logLevels], { default: "info", description: "least severe level that is logged" }),
  POLLERS: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 64,
    description: "long polls under way at once, each for up to 10 messages",
  }),
  RECEIVE_WAIT_SECONDS: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: sqsLimits.maxReceiveWaitSeconds,
    description: "length of one long poll; a stop waits for those under way",
  }),
  VISIBILITY_TIMEOUT_SECONDS: Type.Integer({
    default: 30,
    minimum: 2,
    maximum: sqsLimits.maxVisibilityTimeoutSeconds,
    description: "how long a received message stays hidden; extended by heartbeat while it is worked on",
  }),
  MESSAGE_DEADLINE_SECONDS: Type.Integer({
    default: 120,
    minimum: 1,
    maximum: sqsLimits.maxVisibilityTimeoutSeconds,
    description: "how long one message is worked on before it is left to redelivery",
  }),
  WRITES_IN_FLIGHT: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 64,
    description: `BatchExecuteStatement calls under way at once to one table, each of up to ${dynamoDbLimits.maxBatchStatements} statements`,
  }),
  WRITE_TIMEOUT_MS: Type.Integer({
    default: 3_000,
    minimum: 50,
    maximum: 30_000,
    description: "bound on one attempt of a table call, milliseconds",
  }),
  RETENTION_DAYS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 36_500,
      description: "days after which the table forgets a registration by itself; never, if not set",
    }),
  ),
  WATCHDOG_SECONDS: Type.Integer({
    default: 180,
    minimum: 5,
    maximum: 3_600,
    description: "without any answer to a receive for this long the worker counts as unhealthy",
  }),
  CLOUDWATCH_STACK: Type.Optional(
    Type.String({
      minLength: 1,
      description: "name of the stack as which the tier's figures go to CloudWatch each minute; not at all, if not set",
    }),
  ),
  ...tracingVariables,
  MAIL_FROM: Type.Optional(
    Type.String({
      pattern: String.raw`^([^<>@\x00-\x1f]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$`,
      description:
        "sender of mails, such as Summit <tickets@example.org>, whose identity SES has verified; no mails, if not set. With it MAIL_QUEUE_URL, MAILS_TABLE, PUBLIC_URL and RECEIPT_KEYS are required",
    }),
  ),
  MAIL_QUEUE_URL: Type.Optional(mailVariables.MAIL_QUEUE_URL),
  MAILS_TABLE: Type.Optional(mailVariables.MAILS_TABLE),
  PUBLIC_URL: Type.Optional(mailVariables.PUBLIC_URL),
  RECEIPT_KEYS: Type.Optional(mailVariables.RECEIPT_KEYS),
  EVENT_FILE: Type.String({
    default: "event.json",
    description: "path of the event definition: what mails say, and which answers expire",
  }),
  MAILS_PER_SECOND: Type.Optional(
    Type.Number({
      minimum: 0.1,
      maximum: 10_000,
      description: "mails a second that this worker sends at most; as fast as the account at SES may, if not set",
    }),
  ),
  MAIL_CONFIGURATION_SET: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9_-]{1,64}$",
      description: "configuration set of SES for mails; none, if not set",
    }),
  ),
  STOP_DEADLINE_SECONDS: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 300,
    description: "time a stop may take before the process ends anyway; longer than a long poll and a write",
  }),
});

export type WorkerConfig = Readonly<Static<typeof WorkerConfig>>;

const WithMail = Type.Object({ ...WorkerConfig.properties, ...mailVariables });

/**
 * @param env usually `process.env`
 * @throws TURNOUT_ENVIRONMENT_INVALID naming every error, with `MAIL_FROM` also what mails need
 */
export function readWorkerConfig(env: Environment): WorkerConfig {
  return readEnv(env.MAIL_FROM ? WithMail : WorkerConfig, env);
}
