/**
 * The environment variables of both tiers, infra's contract with them; a test compares them with `web/config.ts` and
 * `worker/config.ts`. `TIER` is only read by the bundle.
 */
import type { StackConfig } from "./config.ts";
import { queueTimes, type Data } from "./data.ts";
import type { Mail } from "./mail.ts";
import { publicUrlOf } from "./mail-settings.ts";
import { traceVariables } from "./trace-settings.ts";

/** TCP port of a tier: the load balancer's way to the web tier, and that of the worker's nginx, which reads `PORT` too. */
export const tierPort = 8080;

/**
 * Where Elastic Beanstalk's health agent looks for the log of requests, and nowhere else
 * (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-serverlogs.html). A hook lets the tier write it.
 */
const healthLogFolder = "/var/log/nginx/healthd";

/** Seconds for a tier to stop; systemd waits ten more. */
export const stopDeadlineSeconds = { web: 20, worker: 30 } as const;

export type Variables = Readonly<Record<string, string>>;

/** Variables of both tiers. */
export interface Place {
  readonly region: string;
  readonly stackName: string;
}

function common(
  tier: "web" | "worker",
  { queue, registrations, deadLetters, outcomes, activity }: Data,
  { region, stackName }: Place,
  config: StackConfig,
): Variables {
  return {
    TIER: tier,
    AWS_REGION: region,
    QUEUE_URL: queue.queueUrl,
    REGISTRATIONS_TABLE: registrations.tableName,
    DEAD_LETTERS_TABLE: deadLetters.tableName,
    OUTCOMES_TABLE: outcomes.tableName,
    ACTIVITY_TABLE: activity.tableName,
    PORT: String(tierPort),
    CLOUDWATCH_STACK: stackName,
    STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds[tier]),
    ...traceVariables(config),
  };
}

/**
 * The web tier's, except the secret `RECEIPT_KEYS`.
 * @param balancerRanges CIDR ranges of the load balancer's subnets
 */
export function webVariables(
  data: Data,
  mail: Mail | undefined,
  place: Place,
  config: StackConfig,
  balancerRanges: readonly string[],
): Variables {
  const { securityContact, rateLimitPerMinute, loadTestFrom, loadTestUntil } = config;
  const publicUrl = publicUrlOf(config);
  return {
    ...common("web", data, place, config),
    CONTROLS_TABLE: data.controls.tableName,
    EVENT_FILE: "event.json",
    // The security group lets nobody in but the load balancer.
    HOST: "0.0.0.0",
    TRUST_PROXY: balancerRanges.join(","),
    HEALTH_LOG_FOLDER: healthLogFolder,
    RATE_LIMIT_PER_MINUTE: String(rateLimitPerMinute),
    // CloudFront's own name is unknown here: the distribution is created after the environment.
    ...(publicUrl === undefined ? {} : { PUBLIC_URL: publicUrl }),
    ...(mail === undefined ? {} : { MAIL_QUEUE_URL: mail.queue.queueUrl }),
    ...(securityContact === undefined ? {} : { SECURITY_CONTACT: securityContact }),
    ...(loadTestFrom && loadTestUntil ? { RATE_LIMIT_EXEMPT: `${loadTestFrom} until ${loadTestUntil}` } : {}),
  };
}

/** The worker tier's, except the secret `RECEIPT_KEYS` of mail. */
export function workerVariables(data: Data, mail: Mail | undefined, place: Place, config: StackConfig): Variables {
  const { retentionDays, mailsPerSecond } = config;
  return {
    ...common("worker", data, place, config),
    DEAD_LETTER_QUEUE_URL: data.deadLetterQueue.queueUrl,
    VISIBILITY_TIMEOUT_SECONDS: String(queueTimes.visibilityTimeoutSeconds),
    RECEIVE_WAIT_SECONDS: String(queueTimes.receiveWaitSeconds),
    ...(retentionDays === undefined ? {} : { RETENTION_DAYS: String(retentionDays) }),
    ...(mail === undefined ? {} : mailVariables(mail)),
    ...(mailsPerSecond === undefined ? {} : { MAILS_PER_SECOND: String(mailsPerSecond) }),
  };
}

function mailVariables({ sender, queue, mails, configurationSet }: Mail): Variables {
  return {
    EVENT_FILE: "event.json",
    MAIL_FROM: sender.from,
    MAIL_QUEUE_URL: queue.queueUrl,
    MAILS_TABLE: mails.tableName,
    MAIL_CONFIGURATION_SET: configurationSet.configurationSetName,
    PUBLIC_URL: sender.publicUrl,
  };
}
