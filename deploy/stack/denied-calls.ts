/**
 * Reads out of the tiers' logs which calls AWS denied them of late: what IAM's simulation cannot see, such as a queue's own
 * policy or a key's, shows here in AWS's own words.
 */
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

/** Any of these words; it is looked at more closely here. */
const filterPattern = '?"is not authorized to perform" ?AccessDenied ?"access-denied"';
/** As AWS words it, and as the worker's own line does. Quotes and escapes of a JSON line end a name. */
const denial =
  /is not authorized to perform: ([\w-]+:\w+)(?: on resource: ([^\s"'\\,)]+))?|allow ([\w-]+:\w+) on (\S+) in /;
/** Pages of one log that are read at most: what is denied is denied again and again. */
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

/** @returns a check for each action that was denied, or one that says that none was. Changes nothing. */
export function checkDeniedCalls(options: DeniedCallsOptions): Promise<readonly Check[]> {
  const { tier, since, names, signal } = options;
  const name = `${tier} log: denied calls`;
  return attempt(name, signal, async () => {
    const groups = await logGroupsOf(options);
    if (groups.length === 0) {
      const todo = "Its instances have not come up yet, or may not write logs: look at the environment's health.";
      return unknown(name, `there is no log of the environment ${options.environment}`, todo);
    }
    const denied = new Map<string, DeniedCall>();
    for (const group of groups) await readDenied(group, options, denied);
    if (denied.size === 0) return ok(name, `none since ${since}, in ${groups.length} log(s)`);
    return [...denied.values()].map(({ action, resource, times, last }) => {
      const sid = statementOf(tier, names, action);
      const todo =
        sid === undefined
          ? `No statement of ${constructOfRole[tier]} is about ${action}: add one in shared/aws/tier-grants.ts, if the tier is to do that.`
          : `The statement ${sid} of ${constructOfRole[tier]} should allow it. If the role does, look for a denial in the resource's own policy.`;
      return failed(name, `${times} × ${action} on ${resource}, last at ${new Date(last).toISOString()}`, todo);
    });
  });
}
