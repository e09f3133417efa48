/**
 * What AWS cannot change on a stack that is live. Tried all the same, it fails after minutes and is rolled back, or takes
 * data with it; so the deployed template is compared with the new one first.
 */
import type { Template } from "../stack/template.ts";

type Properties = Readonly<Record<string, unknown>>;

/** Logical id → the property in question. */
type Facts = ReadonlyMap<string, unknown>;

interface FixedPart {
  /** The setting behind it, or what this version of Turnout changed. */
  readonly what: string;
  readonly read: (template: Template) => Facts;
  readonly isRefused: (before: Facts, after: Facts) => boolean;
  readonly why: string;
  readonly todo: string;
}

/** Option settings of what serves requests on an instance. */
const processOptions = "aws:elasticbeanstalk:environment:process:default";

const asNewStack =
  "Leave it as it is, or deploy a second stack (-c stackName=…), move the event there and destroy this one.";

const fixedParts: readonly FixedPart[] = [
  {
    what: "domainName",
    read: readEntry,
    // A further rule or listener would not come into force either.
    isRefused: (before, after) => isLost(before, after) || isLost(after, before),
    why: "Elastic Beanstalk cannot change the listener rules of a live environment, nor CloudFront a VPC origin in use, and two rules for CloudFront's addresses exceed the 60 of a security group",
    todo: asNewStack,
  },
  {
    what: "zones",
    read: (template) =>
      factsOf(template, "AWS::EC2::Subnet", (subnet) => subnet["AvailabilityZoneId"] ?? subnet["AvailabilityZone"]),
    isRefused: isLost,
    why: "a subnet cannot move to another zone while instances and the load balancer are in it",
    todo: asNewStack,
  },
  {
    what: "tableWarmWritesPerSecond",
    read: (template) => factsOf(template, "AWS::DynamoDB::GlobalTable", (table) => table["WarmThroughput"]),
    isRefused: (before, after) => [...before].some(([id, units]) => isLower(after.get(id), units)),
    why: "DynamoDB never lowers warm throughput",
    todo: "Give at least what the stack has: only raising it costs.",
  },
  {
    what: "the network or the load balancer, by this version of Turnout",
    read: (template) =>
      new Map([
        ...factsOf(template, "AWS::EC2::VPC", ({ CidrBlock }) => CidrBlock),
        ...factsOf(template, "AWS::ElasticLoadBalancingV2::LoadBalancer", ({ Scheme, Type, Name }) => [
          Scheme,
          Type,
          Name,
        ]),
      ]),
    isRefused: isLost,
    why: "both environments are in it and would have to be replaced first",
    todo: asNewStack,
  },
  {
    what: "the port on which the load balancer reaches the web tier, by this version of Turnout",
    read: (template) => optionsOf(template, (namespace, name) => namespace === processOptions && name === "Port"),
    isRefused: isLost,
    // CloudFormation replaces a target group for another port (AWS::ElasticLoadBalancingV2::TargetGroup, Port), and no
    // document says that Elastic Beanstalk has deployed to the instances by then.
    why: "the instances that serve now do not listen on the other port, and the load balancer may send everybody there before they have the new version",
    todo: asNewStack,
  },
  {
    what: "tables or queues, by this version of Turnout",
    read: (template) =>
      new Map([
        ...factsOf(template, "AWS::DynamoDB::GlobalTable", ({ TableName, KeySchema }) => [TableName, KeySchema]),
        ...factsOf(template, "AWS::SQS::Queue", ({ QueueName, FifoQueue }) => [QueueName, FifoQueue]),
      ]),
    // Mail may be turned off: nothing takes the place of its queues and table.
    isRefused: (before, after) =>
      isLost(new Map([...before].filter(([id]) => after.has(id) || !id.startsWith("Mail"))), after),
    why: "empty ones would take their place",
    todo: asNewStack,
  },
];

/** How requests come in: listener, its rules, VPC origin, and who may reach the load balancer. */
function readEntry(template: Template): Facts {
  return new Map([
    ...factsOf(template, "AWS::ElasticLoadBalancingV2::Listener", ({ Protocol, Port }) => [Protocol, Port]),
    ...factsOf(template, "AWS::CloudFront::VpcOrigin", (origin) => origin["VpcOriginEndpointConfig"]),
    ...factsOf(
      template,
      "AWS::EC2::SecurityGroupIngress",
      ({ SourcePrefixListId, FromPort }) => SourcePrefixListId && [FromPort],
    ),
    ...optionsOf(template, (namespace, name) => namespace.startsWith("aws:elbv2:") || name.startsWith("LoadBalancer")),
  ]);
}

/** Option settings of each Elastic Beanstalk environment. */
function optionsOf(template: Template, isMeant: (namespace: string, name: string) => boolean): Facts {
  return factsOf(template, "AWS::ElasticBeanstalk::Environment", ({ OptionSettings = [] }) =>
    (OptionSettings as { Namespace: string; OptionName: string; Value: unknown }[])
      .filter(({ Namespace, OptionName }) => isMeant(Namespace, OptionName))
      .map(({ Namespace, OptionName, Value }) => [Namespace, OptionName, Value]),
  );
}

function factsOf({ Resources }: Template, type: string, pick: (properties: Properties) => unknown): Facts {
  return new Map(
    Object.entries(Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, { Properties = {} }]) => [id, pick(Properties)] as const)
      .filter(([, fact]) => fact !== undefined && JSON.stringify(fact) !== "[]"),
  );
}

/** Whether one of the facts is gone or another now. */
function isLost(before: Facts, after: Facts): boolean {
  return [...before].some(([id, fact]) => JSON.stringify(after.get(id)) !== JSON.stringify(fact));
}

/** Of warm throughput, by its parts. */
function isLower(now: unknown, before: unknown): boolean {
  const units = (now ?? {}) as Readonly<Record<string, number>>;
  return Object.entries((before ?? {}) as Readonly<Record<string, number>>).some(
    ([name, had]) => (units[name] ?? had) < had,
  );
}

/** @returns what cannot be changed from one template to the other, each with what to do; none where all can be */
export function refusedChanges(deployed: Template, next: Template): string[] {
  return fixedParts
    .filter(({ read, isRefused }) => isRefused(read(deployed), read(next)))
    .map(({ what, why, todo }) => `This would change ${what} on a live stack, but ${why}. ${todo}`);
}
