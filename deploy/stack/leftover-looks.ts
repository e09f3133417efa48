/**
 * Every kind of thing that can outlive a stack, how it is known to be of this stack, and how it is removed where that is
 * safe without CloudFormation. Buckets have a file of their own.
 */
import { paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { ListVpcOriginsCommand, paginateListDistributions, type VpcOriginSummary } from "@aws-sdk/client-cloudfront";
import { DeleteAlarmsCommand, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { DeleteLogGroupCommand, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, paginateListTables } from "@aws-sdk/client-dynamodb";
import {
  DeleteNetworkInterfaceCommand,
  DeleteVolumeCommand,
  paginateDescribeInstances,
  paginateDescribeNatGateways,
  paginateDescribeTags,
} from "@aws-sdk/client-ec2";
import { DescribeApplicationsCommand, DescribeEnvironmentsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { paginateListInstanceProfiles, paginateListRoles } from "@aws-sdk/client-iam";
import { DeleteQueueCommand, paginateListQueues } from "@aws-sdk/client-sqs";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { stackTag } from "./deployed-stack.ts";
import { isOfEnvironment, isOurs, type Leftover, type LookContext } from "./leftover.ts";
import { findBuckets } from "./leftover-buckets.ts";

interface Look {
  readonly what: string;
  readonly find: (context: LookContext) => Promise<readonly Leftover[]>;
}

const byName = "named after the stack";
const byTag = `tagged ${stackTag}`;
const byEnvironment = "made by Elastic Beanstalk for one of the stack's environments";

/** The stack's own data: what it had, and whether it told CloudFormation to leave it. */
function dataState(name: string, { traces }: LookContext): Pick<Leftover, "state" | "detail"> {
  const kept = traces.resources.some(
    (one) => one.status === "DELETE_SKIPPED" && (one.name === name || one.name.endsWith(`/${name}`)),
  );
  return kept
    ? { state: "kept", detail: "holds registrations; the stack leaves it by intent" }
    : { state: "left", detail: byName };
}

async function gather<Page, One>(pages: AsyncIterable<Page>, of: (page: Page) => readonly One[] | undefined) {
  const all: One[] = [];
  for await (const page of pages) all.push(...(of(page) ?? []));
  return all;
}

async function findStacks({ clients: { cloudFormation: client }, stack }: LookContext): Promise<Leftover[]> {
  const stacks = await gather(paginateDescribeStacks({ client }, {}), (page) => page.Stacks);
  return stacks
    .filter(
      ({ StackName, Tags }) =>
        StackName !== stack && Tags?.some(({ Key, Value }) => Key === stackTag && Value === stack),
    )
    .map(({ StackName = "", StackStatus }) => ({
      kind: "stack",
      name: StackName,
      detail: `${byTag}, ${StackStatus}`,
      state: "left",
    }));
}

async function findEnvironments(context: LookContext): Promise<Leftover[]> {
  const { beanstalk } = context.clients;
  const { Applications = [] } = await beanstalk.send(new DescribeApplicationsCommand({}));
  const had = new Set(context.traces.resources.map(({ name }) => name));
  const names = Applications.flatMap(({ ApplicationName }) => ApplicationName ?? []).filter(
    (name) => isOurs(name, context) || had.has(name),
  );
  const found: Leftover[] = names.map((name) => ({
    kind: "Elastic Beanstalk application",
    name,
    detail: byName,
    state: "left",
  }));
  for (const ApplicationName of names) {
    const { Environments = [] } = await beanstalk.send(
      new DescribeEnvironmentsCommand({ ApplicationName, IncludeDeleted: false }),
    );
    for (const { EnvironmentName = "", Status } of Environments)
      found.push({ kind: "Elastic Beanstalk environment", name: EnvironmentName, detail: `${Status}`, state: "left" });
  }
  return found;
}

async function findTagged({ clients: { ec2: client }, stack }: LookContext): Promise<Leftover[]> {
  const Filters = [{ Name: `tag:${stackTag}`, Values: [stack] }];
  const tags = await gather(paginateDescribeTags({ client }, { Filters }), (page) => page.Tags);
  const ids = new Map(tags.map(({ ResourceId = "", ResourceType }) => [ResourceId, String(ResourceType)]));
  // Both are listed for an hour after their end.
  const byState = (states: readonly string[]) => ({ name: "state", values: states });
  if ([...ids.values()].includes("instance")) {
    const ended = byState(["terminated", "shutting-down"]);
    const question = { Filters: [...Filters, { Name: "instance-state-name", Values: [...ended.values] }] };
    const gone = await gather(paginateDescribeInstances({ client }, question), (page) => page.Reservations);
    for (const { InstanceId = "" } of gone.flatMap(({ Instances = [] }) => Instances)) ids.delete(InstanceId);
  }
  if ([...ids.values()].includes("natgateway")) {
    const question = { Filter: [...Filters, { Name: "state", Values: ["deleted", "deleting"] }] };
    const gone = await gather(paginateDescribeNatGateways({ client }, question), (page) => page.NatGateways);
    for (const { NatGatewayId = "" } of gone) ids.delete(NatGatewayId);
  }
  const removers: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    "network-interface": (id) => client.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id })),
    volume: (id) => client.send(new DeleteVolumeCommand({ VolumeId: id })),
  };
  return [...ids].map(([name, type]) => {
    const remove = removers[type];
    const item = { kind: `EC2 ${type}`, name, detail: byTag, state: "left" as const };
    return remove === undefined ? item : { ...item, remove: () => remove(name) };
  });
}

async function findGroups({ clients: { autoScaling: client }, stack }: LookContext): Promise<Leftover[]> {
  const question = { Filters: [{ Name: `tag:${stackTag}`, Values: [stack] }] };
  const groups = await gather(
    paginateDescribeAutoScalingGroups({ client }, question),
    (page) => page.AutoScalingGroups,
  );
  return groups.map(({ AutoScalingGroupName: name = "" }) => ({
    kind: "Auto Scaling group",
    name,
    detail: byTag,
    state: "left",
  }));
}

async function findTables(context: LookContext): Promise<Leftover[]> {
  const { dynamoDb: client } = context.clients;
  const names = await gather(paginateListTables({ client }, {}), (page) => page.TableNames);
  const found: Leftover[] = [];
  for (const name of names.filter((one) => isOurs(one, context) || isOfEnvironment(one, context))) {
    const status = await client.send(new DescribeTableCommand({ TableName: name })).then(
      ({ Table }) => Table?.TableStatus,
      (error: unknown) => {
        if (kindOf(error) !== "missing-resource") throw error;
        return "DELETING" as const;
      },
    );
    if (status !== "DELETING") found.push({ kind: "DynamoDB table", name, ...dataState(name, context) });
  }
  return found;
}

async function findQueues(context: LookContext): Promise<Leftover[]> {
  const { sqs: client } = context.clients;
  const prefixes = [`${context.stack}-`, ...context.traces.environmentIds.map((id) => `awseb-${id}`)];
  const found: Leftover[] = [];
  for (const QueueNamePrefix of prefixes) {
    for (const url of await gather(paginateListQueues({ client }, { QueueNamePrefix }), (page) => page.QueueUrls)) {
      const name = url.split("/").at(-1) ?? "";
      if (isOfEnvironment(name, context)) {
        const remove = () => client.send(new DeleteQueueCommand({ QueueUrl: url }));
        found.push({ kind: "SQS queue", name, detail: byEnvironment, state: "left", remove });
      } else if (isOurs(name, context)) found.push({ kind: "SQS queue", name, ...dataState(name, context) });
    }
  }
  return found;
}

async function findLogGroups(context: LookContext): Promise<Leftover[]> {
  const { logs: client } = context.clients;
  const environments = context.traces.resources.filter(({ type }) => type === "AWS::ElasticBeanstalk::Environment");
  const prefixes = [`${context.stack}-`, `/aws/lambda/${context.stack}-`];
  for (const name of new Set(environments.map((one) => one.name))) prefixes.push(`/aws/elasticbeanstalk/${name}/`);
  const found: Leftover[] = [];
  for (const logGroupNamePrefix of prefixes) {
    for (const { logGroupName = "" } of await gather(
      paginateDescribeLogGroups({ client }, { logGroupNamePrefix }),
      (page) => page.logGroups,
    )) {
      if (
        !logGroupName.startsWith("/aws/elasticbeanstalk/") &&
        !isOurs(logGroupName.replace("/aws/lambda/", ""), context)
      )
        continue;
      const remove = () => client.send(new DeleteLogGroupCommand({ logGroupName }));
      found.push({ kind: "log group", name: logGroupName, detail: byName, state: "left", remove });
    }
  }
  return found;
}

async function findAlarms(context: LookContext): Promise<Leftover[]> {
  const { cloudWatch: client } = context.clients;
  const ids = context.traces.environmentIds;
  const prefixes = [`${context.stack}-`, ...ids.flatMap((id) => [`awseb-${id}`, `TargetTracking-awseb-${id}`])];
  const found: Leftover[] = [];
  for (const AlarmNamePrefix of prefixes) {
    for (const { AlarmName = "" } of await gather(
      paginateDescribeAlarms({ client }, { AlarmNamePrefix }),
      (page) => page.MetricAlarms,
    )) {
      const ofEnvironment = isOfEnvironment(AlarmName, context);
      if (!ofEnvironment && !isOurs(AlarmName, context)) continue;
      const remove = () => client.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] }));
      const detail = ofEnvironment ? byEnvironment : byName;
      found.push({ kind: "CloudWatch alarm", name: AlarmName, detail, state: "left", remove });
    }
  }
  return found;
}

async function findIdentities(context: LookContext): Promise<Leftover[]> {
  const { iam: client } = context.clients;
  const roles = await gather(paginateListRoles({ client }, {}), (page) => page.Roles);
  const profiles = await gather(paginateListInstanceProfiles({ client }, {}), (page) => page.InstanceProfiles);
  const named = [
    ...roles.map(({ RoleName: name = "" }) => ({ kind: "IAM role", name })),
    ...profiles.map(({ InstanceProfileName: name = "" }) => ({ kind: "IAM instance profile", name })),
  ];
  return named.filter(({ name }) => isOurs(name, context)).map((one) => ({ ...one, detail: byName, state: "left" }));
}

async function findEdge({ clients: { cloudFront: client }, stack, traces }: LookContext): Promise<Leftover[]> {
  const distributions = await gather(paginateListDistributions({ client }, {}), (page) => page.DistributionList?.Items);
  const origins: VpcOriginSummary[] = [];
  for (let Marker: string | undefined, more = true; more;) {
    const { VpcOriginList } = await client.send(new ListVpcOriginsCommand(Marker === undefined ? {} : { Marker }));
    origins.push(...(VpcOriginList?.Items ?? []));
    Marker = VpcOriginList?.NextMarker;
    more = Marker !== undefined && Marker !== "";
  }
  const had = new Set(
    traces.resources.filter(({ type }) => type === "AWS::CloudFront::Distribution").map(({ name }) => name),
  );
  // CDK leaves the hyphens out of the names that it makes up.
  const prefix = `${stack.replaceAll("-", "")}Edge`;
  return [
    ...distributions
      .filter(({ Id = "" }) => had.has(Id))
      .map(({ Id = "" }) => ({ kind: "CloudFront distribution", name: Id })),
    ...origins
      .filter(({ Name = "" }) => Name.startsWith(prefix))
      .map(({ Name = "" }) => ({ kind: "CloudFront VPC origin", name: Name })),
  ].map((one) => ({ ...one, detail: byName, state: "left" }));
}

/** What CloudFormation could not remove, of the kinds that no other look sees. */
async function findForsaken({ traces }: LookContext): Promise<Leftover[]> {
  const seen = /^AWS::(DynamoDB|SQS|Logs|EC2|CloudWatch::Alarm|ElasticBeanstalk)/;
  return traces.resources
    .filter(({ type, status }) => /DELETE_(FAILED|SKIPPED)/.test(status) && !seen.test(type))
    .map(({ type, name, status }) => ({ kind: type, name, detail: `CloudFormation: ${status}`, state: "left" }));
}

export const looks: readonly Look[] = [
  { what: "stacks, by tag", find: findStacks },
  { what: "what CloudFormation could not remove", find: findForsaken },
  { what: "Elastic Beanstalk applications and environments", find: findEnvironments },
  { what: "EC2: networks, instances, addresses, volumes, by tag", find: findTagged },
  { what: "Auto Scaling groups, by tag", find: findGroups },
  { what: "DynamoDB tables", find: findTables },
  { what: "SQS queues", find: findQueues },
  { what: "log groups", find: findLogGroups },
  { what: "CloudWatch alarms", find: findAlarms },
  { what: "IAM roles and instance profiles", find: findIdentities },
  { what: "CloudFront distributions and VPC origins", find: findEdge },
  { what: "S3 buckets", find: findBuckets },
];
