/**
 * The environment variables of both tiers: infra's contract with them. `web/config.ts` and `worker/config.ts` say what they
 * mean; a test holds every name against those, both ways. `TIER` is read by the bundle's start alone.
 */
import type { StackConfig } from "./config.ts";
import { queueTimes, type Data } from "./data.ts";

/** TCP port on which a tier listens, behind nginx; `infra/bundle/.platform/nginx/nginx.conf` says the same. */
export const tierPort = 8080;

/** Seconds that each tier may take to stop; systemd waits ten more. */
export const stopDeadlineSeconds = { web: 20, worker: 30 } as const;

export type Variables = Readonly<Record<string, string>>;

/** What both tiers are told of where they stand. */
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

/** The web tier's, but for `RECEIPT_KEYS`, which is a secret. */
export function webVariables(data: Data, place: Place, { domainName, securityContact }: StackConfig): Variables {
  // nginx, on the same machine, hands over the attendee's address as the only one.
  return {
    ...common("web", data, place),
    EVENT_FILE: "event.json",
    TRUST_PROXY: "127.0.0.1",
    // CloudFront's own name is not known here: the distribution is made after the environment that it leads to.
    ...(domainName === undefined ? {} : { PUBLIC_URL: `https://${domainName}` }),
    ...(securityContact === undefined ? {} : { SECURITY_CONTACT: securityContact }),
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
