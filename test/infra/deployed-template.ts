/** The synthesised template as an account would have it deployed: AWS's answers about it, until somebody changes them. */
import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import type { Resource } from "./synthesis.ts";
import { resources, synthesized } from "./templates.ts";

export const stackId = "arn:aws:cloudformation:eu-central-1:123456789012:stack/turnout-test/1";
export const { main: template } = await synthesized();

/** Physical ids in the form that each type has. */
const forms: Readonly<Record<string, (id: string) => string>> = {
  "AWS::EC2::SecurityGroup": (id) => `sg-${id}`,
  "AWS::EC2::Subnet": (id) => `subnet-${id}`,
  "AWS::EC2::VPC": () => "vpc-1",
  "AWS::SQS::Queue": (id) => `https://sqs.eu-central-1.amazonaws.com/123456789012/${id}`,
  "AWS::SecretsManager::Secret": (id) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${id}`,
  "AWS::ElasticLoadBalancingV2::LoadBalancer": (id) =>
    `arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/${id}/1`,
};
const physicalId = (id: string, { Type }: Resource) => forms[Type]?.(id) ?? `${id}-name`;

export const deployedResources = Object.entries(template.Resources).map(([LogicalResourceId, resource]) => ({
  LogicalResourceId,
  PhysicalResourceId: physicalId(LogicalResourceId, resource),
  ResourceType: resource.Type,
  ResourceStatus: "CREATE_COMPLETE" as const,
  LastUpdatedTimestamp: new Date(0),
}));

const nameOf = new Map(deployedResources.map((one) => [one.LogicalResourceId, one.PhysicalResourceId]));
const prefixList = "pl-1";

/** What a rule's peer became. */
function peer(value: unknown): string {
  if (typeof value === "string") return value;
  const [id = ""] = (value as { "Fn::GetAtt": string[] })["Fn::GetAtt"];
  return template.Resources[id]?.Type === "AWS::EC2::SecurityGroup" ? (nameOf.get(id) ?? "") : prefixList;
}

function permission(rule: Readonly<Record<string, unknown>>): IpPermission {
  const { IpProtocol, FromPort, ToPort, CidrIp } = rule as {
    IpProtocol: string;
    FromPort?: number;
    ToPort?: number;
    CidrIp?: string;
  };
  const list = rule["SourcePrefixListId"] ?? rule["DestinationPrefixListId"];
  const group = rule["SourceSecurityGroupId"] ?? rule["DestinationSecurityGroupId"];
  return {
    IpProtocol,
    ...(FromPort !== undefined && { FromPort }),
    ...(ToPort !== undefined && { ToPort }),
    IpRanges: CidrIp === undefined ? [] : [{ CidrIp }],
    PrefixListIds: list === undefined ? [] : [{ PrefixListId: peer(list) }],
    UserIdGroupPairs: group === undefined ? [] : [{ GroupId: peer(group) }],
  };
}

/** The groups with their rules, as EC2 has them after the deployment, beside the network's default one. */
export function securityGroups(): SecurityGroup[] {
  const groups = resources(template, "AWS::EC2::SecurityGroup").map(([id, { Properties }]): SecurityGroup => {
    const own = (direction: "Ingress" | "Egress") =>
      resources(template, `AWS::EC2::SecurityGroup${direction}`)
        .map(([, rule]) => rule.Properties)
        .filter((rule) => peer(rule["GroupId"]) === nameOf.get(id));
    const inside = (direction: "Ingress" | "Egress") =>
      (Properties[`SecurityGroup${direction}`] ?? []) as Record<string, unknown>[];
    return {
      GroupId: nameOf.get(id) ?? "",
      GroupName: id,
      IpPermissions: [...inside("Ingress"), ...own("Ingress")].map(permission),
      IpPermissionsEgress: [...inside("Egress"), ...own("Egress")].map(permission),
    };
  });
  const standard: SecurityGroup = {
    GroupId: "sg-default",
    GroupName: "default",
    IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-default" }] }],
    IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  };
  return [...groups, standard];
}
