/**
 * The environment variables of both tiers, infra's contract with them; a test compares them with `web/config.ts` and
 * `worker/config.ts`. `TIER` is only read by the bundle.
 */
import type { StackConfig } from "./config.ts";
import { queueTimes, type Data } from "./data.ts";

/** TCP port of a tier behind nginx, as in `infra/bundle/.platform/nginx/nginx.conf`. */
export const tierPort = 8080;

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
  };
}

/** The web tier's, except the secret `RECEIPT_KEYS`. */
export function webVariables(data: Data, place: Place, config: StackConfig): Variables {
  const { domainName, securityContact, rateLimitPerMinute, loadTestFrom, loadTestUntil } = config;
  // The local nginx passes on only the attendee's address.
  return {
    ...common("web", data, place),
    EVENT_FILE: "event.json",
    TRUST_PROXY: "127.0.0.1",
    RATE_LIMIT_PER_MINUTE: String(rateLimitPerMinute),
    // CloudFront's own name is unknown here: the distribution is created after the environment.
    ...(domainName === undefined ? {} : { PUBLIC_URL: `https://${domainName}` }),
    ...(securityContact === undefined ? {} : { SECURITY_CONTACT: securityContact }),
    ...(loadTestFrom && loadTestUntil ? { RATE_LIMIT_EXEMPT: `${loadTestFrom} until ${loadTestUntil}` } : {}),
  };
}

export function workerVariables(data: Data, place: Place, { retentionDays }: StackConfig): Variables {
  return {
    ...common("worker", data, place),
    DEAD_LETTER_QUEUE_URL: data.deadLetterQueue.queueUrl,
    VISIBILITY_TIMEOUT_SECONDS: String(queueTimes.visibilityTimeoutSeconds),
    RECEIVE_WAIT_SECONDS: String(queueTimes.receiveWaitSeconds),
    ...(retentionDays === undefined ? {} : { RETENTION_DAYS: String(retentionDays) }),
  };
}
