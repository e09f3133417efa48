/** The web tier's environment: every variable, with its unit, bounds and default. */
import { Type, type Static } from "typebox";
import { logLevels } from "../shared/process/logger.ts";
import { tracingVariables } from "../shared/tracing/tracing-variables.ts";
import { exemptionPattern } from "./http/rate-limit-exemption.ts";

export const WebConfig = Type.Object({
  AWS_REGION: Type.String({ minLength: 1, description: "AWS region of queue and tables, such as eu-central-1" }),
  QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the SQS registrations queue" }),
  REGISTRATIONS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB registrations table" }),
  DEAD_LETTERS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB dead-letters table" }),
  OUTCOMES_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB outcomes table" }),
  ACTIVITY_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB activity table" }),
  CONTROLS_TABLE: Type.String({ minLength: 3, description: "name of the DynamoDB controls table" }),
  MAIL_QUEUE_URL: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description: "URL of the SQS mail queue; if not set, no page offers to mail a lost link",
    }),
  ),
  RECEIPT_KEYS: Type.String({
    pattern: String.raw`^[\w-]{1,16}:[A-Za-z0-9+/]{43}=(,[\w-]{1,16}:[A-Za-z0-9+/]{43}=)*$`,
    writeOnly: true,
    description: "kid:base64 of 32 bytes, comma-separated; the first key seals, all open",
  }),
  EVENT_FILE: Type.String({ default: "event.json", description: "path of the event definition" }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: String.raw`^https?://[a-z0-9.-]+(:\d{1,5})?$`,
      description:
        "public address of the site without a path, such as https://summit.example.org: for shared links, and compared with a form's Origin; if not set, the Host header is compared",
    }),
  ),
  SECURITY_CONTACT: Type.Optional(
    Type.String({
      pattern: String.raw`^(mailto:[^\s@]+@[^\s@]+|https://\S+)$`,
      description:
        "mailto: or https: URI for those who find a weakness, shown in /.well-known/security.txt; no such file, if not set",
    }),
  ),
  HOST: Type.String({
    default: "127.0.0.1",
    description: "address to listen on; 0.0.0.0 on AWS, where the load balancer comes from other machines",
  }),
  PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535, description: "TCP port, 0 for any free one" }),
  LOG_LEVEL: Type.Enum([...logLevels], { default: "info", description: "least severe level that is logged" }),
  SENDS_IN_FLIGHT: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 64,
    description: "SendMessage calls under way at once; more means smaller packs",
  }),
  MAX_WAITING: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 100_000,
    description:
      "registrations that may wait for a send, and status requests that may wait for a read, before further ones are answered 503",
  }),
  MAX_WAIT_MS: Type.Integer({
    default: 5_000,
    minimum: 100,
    maximum: 60_000,
    description: "longest wait for a send, milliseconds; whoever waited longer is answered 503",
  }),
  SHED_WAIT_MS: Type.Integer({
    default: 1_500,
    minimum: 50,
    maximum: 60_000,
    description:
      "wait of the oldest buffered registration above which further ones are answered 503, and the same for status requests, milliseconds",
  }),
  MAX_EVENT_LOOP_DELAY_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 10_000,
    description:
      "mean delay of the event loop above which a share of the registrations, growing with the delay, is answered 503, milliseconds; " +
      "status requests from half of it on",
  }),
  REQUEST_TIMEOUT_MS: Type.Integer({
    default: 15_000,
    minimum: 100,
    maximum: 120_000,
    description: "how long a client may take to send a request, milliseconds",
  }),
  MAX_CONNECTIONS: Type.Integer({
    default: 20_000,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "most open connections: beyond them a new one takes the place of an idle one, or is answered 503 where none is idle; fewer where the process may not open so many files",
  }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({
    default: 600,
    minimum: 0,
    maximum: 1_000_000,
    description:
      "registrations that one client (IPv4 address, IPv6 /64) may send to this instance, and twenty times as many status " +
      "requests; 0 for no limit",
  }),
  RATE_LIMIT_EXEMPT: Type.Optional(
    Type.String({
      pattern: exemptionPattern,
      description:
        "addresses or CIDR ranges, comma-separated, that the rate limit leaves alone until a time, such as " +
        "`203.0.113.7,2001:db8::/48 until 2027-02-01T12:00Z`: those of a load test; none, if not set",
    }),
  ),
  TRUST_PROXY: Type.String({
    default: "",
    pattern: String.raw`^$|^[0-9A-Fa-f:.]+(/\d{1,3})?(,[0-9A-Fa-f:.]+(/\d{1,3})?)*$`,
    description:
      "addresses or CIDR ranges of the proxies in front, comma-separated: the rightmost address in X-Forwarded-For that is " +
      "none of theirs is the client's; nobody's header is believed by default",
  }),
  HEALTH_LOG_FOLDER: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        "folder for the log of Elastic Beanstalk's health agent, where no proxy in front writes it; not written, if not set",
    }),
  ),
  SEND_TIMEOUT_MS: Type.Integer({
    default: 2_000,
    minimum: 50,
    maximum: 30_000,
    description: "bound on one attempt to send a pack, milliseconds",
  }),
  SEND_ATTEMPTS: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 10,
    description: "attempts to send a pack, first included",
  }),
  STATUS_READS_IN_FLIGHT: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 64,
    description: "BatchGetItem calls for status pages under way at once, each of up to 33 receipts",
  }),
  CLOUDWATCH_STACK: Type.Optional(
    Type.String({
      minLength: 1,
      description: "name of the stack as which the tier's figures go to CloudWatch each minute; not at all, if not set",
    }),
  ),
  ...tracingVariables,
  STOP_DEADLINE_SECONDS: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 300,
    description: "time a stop may take before the process ends anyway",
  }),
});

export type WebConfig = Readonly<Static<typeof WebConfig>>;
