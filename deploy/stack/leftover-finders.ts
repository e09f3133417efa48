/**
 * Finds what outlived a stack: by the deployment's tag, by CloudFormation's report, and by name where AWS creates resources
 * without tags. Read-only; a result brings the function that removes it.
 */
import { DeleteAlarmsCommand, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { DeleteLogGroupCommand, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteVolumeCommand,
  paginateDescribeInstances,
  paginateDescribeTags,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { paginateGetResources } from "@aws-sdk/client-resource-groups-tagging-api";
import { GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import { kindOf } from "../../shared/aws/aws-error.ts";
import type { DeploymentClients } from "./clients.ts";
import { stackTag } from "./deployed-stack.ts";
import { findBuckets } from "./leftover-buckets.ts";
import type { TracedResource, Traces } from "./traces.ts";

export interface Leftover {
  readonly kind: string;
  readonly name: string;
  readonly detail: string;
  /** `kept` by intent; `shared` by the whole account and region, which does not count. */
  readonly state: "left" | "kept" | "shared";
  /** Whether it carries the deployment's tag. */
  readonly isTagged?: true;
  /** Deletes it. Only where it can belong to nothing else. */
  readonly remove?: () => Promise<unknown>;
}

export interface Search {
  readonly clients: DeploymentClients;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  readonly traces: Traces;
}

async function collect<Page, One>(pages: AsyncIterable<Page>, of: (page: Page) => readonly One[] | undefined) {
  const all: One[] = [];
  for await (const page of pages) all.push(...(of(page) ?? []));
  return all;
}

/** An ARN ends with `name`, `type/name` or `type:name`. */
function parseArn(arn: string) {
  const [, , service = "", , , ...rest] = arn.split(":");
  const [, type = "", name = ""] = /^(?:([a-z-]+)[:/])?(.*)$/.exec(rest.join(":")) ?? [];
  return { service, kind: `${service} ${type}`.trim(), name };
}

/** CloudFormation knows a resource by its ARN, by its name or id, or (a queue) by its URL. */
function sameResource(arn: string, { name }: TracedResource): boolean {
  const last = name.split("/").at(-1) ?? name;
  return (
    arn === name || [":", "/"].some((separator) => arn.endsWith(separator + name) || arn.endsWith(separator + last))
  );
}

/** Only tables and queues are checked. */
async function exists({ dynamoDb, sqs }: DeploymentClients, service: string, name: string): Promise<boolean> {
  try {
    if (service === "sqs") await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    if (service !== "dynamodb") return true;
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: name }));
    return Table?.TableStatus !== "DELETING";
  } catch (error) {
    if (kindOf(error) === "missing-resource") return false;
    throw error;
  }
}

/** Kinds that other finders check by the service itself. */
const foundElsewhere = /^AWS::(Logs|EC2|CloudWatch::Alarm|CloudFormation::Stack)/;

function isUndeleted({ type, status }: TracedResource): boolean {
  return /^DELETE_(FAILED|SKIPPED)$/.test(status) && !foundElsewhere.test(type);
}

async function findUndeleted({ clients, traces }: Search): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const { type, name: physicalId, status } of traces.resources.filter(isUndeleted)) {
    const service = type.split("::")[1]?.toLowerCase() ?? "";
    const isData = ["dynamodb", "sqs"].includes(service);
    const name = isData ? (physicalId.split("/").at(-1) ?? "") : physicalId;
    // CloudFormation's report is not updated by later deletions, such as by --delete-data.
    if (!(await exists(clients, service, name))) continue;
    const kept = isData && status === "DELETE_SKIPPED";
    const detail = kept ? "holds registrations; the stack keeps it by intent" : `CloudFormation: ${status}`;
    found.push({ kind: type, name, detail, state: kept ? "kept" : "left" });
  }
  return found;
}

/**
 * The tag index still lists some deleted resources (https://github.com/aws/aws-sdk/issues/676). So what CloudFormation
 * deleted is left out, and the existence of EC2 resources, tables and queues is checked.
 */
async function findTagged({ clients, stack, region, traces }: Search): Promise<Leftover[]> {
  const { ec2, tagging, globalTagging } = clients;
  const TagFilters = [{ Key: stackTag, Values: [stack] }];
  // Global services such as CloudFront are indexed in us-east-1.
  const indexes = region === (await globalTagging.config.region()) ? [tagging] : [tagging, globalTagging];
  const found = await Promise.all(
    indexes.map((client) =>
      collect(paginateGetResources({ client }, { TagFilters }), (page) => page.ResourceTagMappingList),
    ),
  );
  const arns = new Set(found.flat().map(({ ResourceARN = "" }) => ResourceARN));
  const inEc2 = [...arns].some((arn) => arn.includes(":ec2:")) ? await findInEc2(ec2, stack) : new Set<string>();

  const leftovers: Leftover[] = [];
  for (const arn of arns) {
    const traced = traces.resources.filter((one) => sameResource(arn, one));
    if (traced.some((one) => one.status === "DELETE_COMPLETE" || isUndeleted(one))) continue;
    const { service, kind, name } = parseArn(arn);
    // The stack itself is reported separately.
    if (kind === "cloudformation stack" && name.startsWith(`${stack}/`)) continue;
    if (!(service === "ec2" ? inEc2.has(name) : await exists(clients, service, name))) continue;
    const remove = () => ec2.send(new DeleteVolumeCommand({ VolumeId: name }));
    const item = { kind, name, detail: `tagged ${stackTag}`, state: "left" as const, isTagged: true as const };
    leftovers.push(kind === "ec2 volume" ? { ...item, remove } : item);
  }
  return leftovers;
}

/** @returns ids that EC2 has by the tag, without terminated instances, which it lists for an hour */
async function findInEc2(client: EC2Client, stack: string): Promise<Set<string>> {
  const tagged = { Name: `tag:${stackTag}`, Values: [stack] };
  const tags = await collect(paginateDescribeTags({ client }, { Filters: [tagged] }), (page) => page.Tags);
  const ids = new Set(tags.flatMap(({ ResourceId }) => ResourceId ?? []));
  const Filters = [tagged, { Name: "instance-state-name", Values: ["terminated", "shutting-down"] }];
  const ended = await collect(paginateDescribeInstances({ client }, { Filters }), (page) => page.Reservations);
  for (const { InstanceId = "" } of ended.flatMap(({ Instances = [] }) => Instances)) ids.delete(InstanceId);
  return ids;
}

/** CloudFormation shortens the stack's name in a generated one, so only its own report has all of them. */
function tracedLogGroups({ resources }: Traces): string[] {
  return resources.flatMap(({ type, name }) => {
    if (type === "AWS::Lambda::Function") return [`/aws/lambda/${name}`];
    return type === "AWS::Logs::LogGroup" ? [name] : [];
  });
}

/** Lambda and Elastic Beanstalk create log groups without tags, also again for a late log line. */
async function findLogGroups({ clients: { logs: client }, stack, traces }: Search): Promise<Leftover[]> {
  const traced = new Set(tracedLogGroups(traces));
  const skipped = traces.resources.filter(
    ({ type, status }) => type === "AWS::Logs::LogGroup" && status === "DELETE_SKIPPED",
  );
  const kept = new Set(skipped.map(({ name }) => name));
  const environments = traces.resources.filter(({ type }) => type === "AWS::ElasticBeanstalk::Environment");
  const prefixes = new Set([
    `${stack}-`,
    `/aws/lambda/${stack}-`,
    ...environments.map(({ name }) => `/aws/elasticbeanstalk/${name}/`),
  ]);
  for (const name of traced) if (![...prefixes].some((prefix) => name.startsWith(prefix))) prefixes.add(name);
  const found: Leftover[] = [];
  for (const logGroupNamePrefix of prefixes) {
    const pages = paginateDescribeLogGroups({ client }, { logGroupNamePrefix });
    for (const { logGroupName: name = "" } of await collect(pages, (page) => page.logGroups)) {
      const plainName = name.replace("/aws/lambda/", "");
      const isNeighbours = traces.neighbours.some((other) => plainName.startsWith(`${other}-`));
      // A longer name than the traced one is another group.
      if (!traced.has(name) && (isNeighbours || traced.has(logGroupNamePrefix))) continue;
      if (kept.has(name)) {
        const detail = "what admins did; the stack keeps it by intent";
        found.push({ kind: "log group", name, detail, state: "kept" });
        continue;
      }
      const remove = () => client.send(new DeleteLogGroupCommand({ logGroupName: name }));
      found.push({ kind: "log group", name, detail: "named after the stack", state: "left", remove });
    }
  }
  return found;
}

/** Auto Scaling creates alarms without tags for target tracking. */
async function findAlarms({ clients: { cloudWatch: client }, traces }: Search): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const id of traces.environmentIds) {
    for (const AlarmNamePrefix of [`awseb-${id}`, `TargetTracking-awseb-${id}`]) {
      const pages = paginateDescribeAlarms({ client }, { AlarmNamePrefix });
      for (const { AlarmName: name = "" } of await collect(pages, (page) => page.MetricAlarms)) {
        const remove = () => client.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
        found.push({
          kind: "CloudWatch alarm",
          name,
          detail: "of one of the stack's environments",
          state: "left",
          remove,
        });
      }
    }
  }
  return found;
}

interface Finder {
  readonly what: string;
  readonly find: (search: Search) => Promise<readonly Leftover[]>;
}

export const finders: readonly Finder[] = [
  { what: "resources with the stack's tag", find: findTagged },
  { what: "what CloudFormation could not remove", find: findUndeleted },
  { what: "log groups", find: findLogGroups },
  { what: "CloudWatch alarms", find: findAlarms },
  { what: "S3 buckets", find: findBuckets },
];
