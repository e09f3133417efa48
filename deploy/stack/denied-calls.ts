/** Finds denied AWS calls in the tiers' logs, which also shows what IAM cannot simulate: policies of a queue or a key. */
import {
  FilterLogEventsCommand,
  paginateDescribeLogGroups,
  type CloudWatchLogsClient,
} from "@aws-sdk/client-cloudwatch-logs";
import { constructOfRole, type DeploymentNames, type TierName } from "../../shared/aws/tier-grants.ts";
import { attempt, failed, ok, unknown, type Check } from "./checklist.ts";
import { statementOf } from "./tier-rights.ts";

export interface DeniedCallsOptions {
  readonly client: CloudWatchLogsClient;
  readonly tier: TierName;
  /** Name of the tier's Elastic Beanstalk environment. */
  readonly environment: string;
  readonly names: DeploymentNames;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly signal: AbortSignal;
}

/** A coarse filter; `denial` below decides. */
const filterPattern = '?"is not authorized to perform" ?AccessDenied ?"access-denied"';
/**
 * AWS's wording, SES's own with its quotes, and that of the worker's own log line. Quotes and escapes of a JSON line end a
 * name.
 */
const denial =
  /is not authorized to perform:? [`']?([\w-]+:\w+)[`']?(?: on resource:? [`']?([^\s"'`\\,)]+))?|allow ([\w-]+:\w+) on (\S+) in /;
/** Per log group: denied calls repeat. */
const maxPages = 10;

interface DeniedCall {
  readonly action: string;
  readonly resource: string;
  readonly times: number;
  /** Milliseconds since the epoch. */
  readonly last: number;
}

async function logGroupsOf({ client, environment }: DeniedCallsOptions): Promise<string[]> {
  const names: string[] = [];
  const prefix = `/aws/elasticbeanstalk/${environment}/`;
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, { logGroupNamePrefix: prefix })) {
    names.push(...logGroups.map(({ logGroupName = "" }) => logGroupName));
  }
  return names;
}

async function readDenied(group: string, options: DeniedCallsOptions, into: Map<string, DeniedCall>): Promise<void> {
  const { client, since, signal } = options;
  let nextToken: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    signal.throwIfAborted();
    const answer = await client.send(
      new FilterLogEventsCommand({ logGroupName: group, filterPattern, startTime: Date.parse(since), nextToken }),
    );
    for (const { message = "", timestamp = 0 } of answer.events ?? []) {
      const [, action, resource, ownAction, ownResource] = denial.exec(message) ?? [];
      const call = action ?? ownAction;
      if (call === undefined) continue;
      const on = resource ?? ownResource ?? "a resource that the message does not name";
      const before = into.get(`${call} ${on}`);
      const last = Math.max(before?.last ?? 0, timestamp);
      into.set(`${call} ${on}`, { action: call, resource: on, times: (before?.times ?? 0) + 1, last });
    }
    nextToken = answer.nextToken;
    if (nextToken === undefined) return;
  }
}

/** @returns a check for each denied action, or one that says that there is none */
export function checkDeniedCalls(options: DeniedCallsOptions): Promise<readonly Check[]> {
  const { tier, since, names, signal } = options;
  const name = `${tier} log: denied calls`;
  return attempt(name, signal, async () => {
    const groups = await logGroupsOf(options);
    if (groups.length === 0) {
      const todo = "Its instances have not started yet, or may not write logs: see the environment's health.";
      return unknown(name, `there is no log of the environment ${options.environment}`, todo);
    }
    const denied = new Map<string, DeniedCall>();
    for (const group of groups) await readDenied(group, options, denied);
    if (denied.size === 0) return ok(name, `none since ${since}, in ${groups.length} log(s)`);
    return [...denied.values()].map(({ action, resource, times, last }) => {
      const sid = statementOf(tier, names, action);
      const todo =
        sid === undefined
          ? `No statement of ${constructOfRole[tier]} is about ${action}: add one in shared/aws/tier-grants.ts, if the tier should be allowed to.`
          : `The statement ${sid} of ${constructOfRole[tier]} should allow it. If the role does, look for a denial in the resource's own policy.`;
      return failed(name, `${times} × ${action} on ${resource}, last at ${new Date(last).toISOString()}`, todo);
    });
  });
}
