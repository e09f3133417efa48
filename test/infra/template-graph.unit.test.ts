import { t } from "../equipment/file-test.ts";
import type { Template } from "./synthesis.ts";
import { allNeeds, references } from "./template-graph.ts";
import { fullSettings, resources, synthesized } from "./templates.ts";

const templates = {
  "as little as possible": (await synthesized()).main,
  "everything optional": (await synthesized({ settings: fullSettings })).main,
};

/** Resources that take minutes: what was made before one of them is known everywhere after it. */
const slow = new Set([
  "AWS::EC2::NatGateway",
  "AWS::ElasticBeanstalk::Environment",
  "AWS::CloudFront::VpcOrigin",
  "AWS::CloudFront::Distribution",
]);

/** What acts by a policy; the others only carry it or report a name. */
const noUsers = /Policy$|^AWS::SNS::Subscription$|^AWS::IAM::InstanceProfile$|^AWS::CloudWatch::Dashboard$/;

/** @returns each user of a role or a topic that does not wait for a policy which is made apart from it */
function latePolicies(template: Template): string[] {
  const apart = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::SNS::TopicPolicy"];
  return apart.flatMap((type) =>
    resources(template, type).flatMap(([policy, { Properties }]) => {
      const holders = references([Properties["Roles"] ?? [], Properties["Topics"] ?? []]);
      return Object.keys(template.Resources)
        .filter((id) => !noUsers.test(typeOf(template, id)) && uses(template, id, holders))
        .filter((user) => !allNeeds(template, user).has(policy))
        .map((user) => `${user} does not wait for ${policy}`);
    }),
  );
}

/** Also by way of a profile or a function. */
function uses(template: Template, id: string, holders: readonly string[]): boolean {
  const own = references(template.Resources[id]);
  const between = own.filter((other) => /InstanceProfile|Lambda::Function/.test(typeOf(template, other)));
  return [...own, ...between.flatMap((other) => references(template.Resources[other]))].some((other) =>
    holders.includes(other),
  );
}

function typeOf(template: Template, id: string): string {
  return template.Resources[id]?.Type ?? "";
}

/** @returns calls during the deployment between which and their role nothing slow is made */
function earlyCalls(template: Template): string[] {
  const role = Object.keys(template.Resources).find((id) => id.startsWith("LookupsRole")) ?? "";
  return resources(template, "Custom::AWS")
    .map(([id]) => id)
    .filter(
      (id) =>
        ![...allNeeds(template, id)].some(
          (other) => slow.has(typeOf(template, other)) && allNeeds(template, other).has(role),
        ),
    );
}

t.test("no resource waits for itself, along whatever way", async (t) => {
  for (const [name, template] of Object.entries(templates)) {
    const circles = Object.keys(template.Resources).filter((id) => allNeeds(template, id).has(id));
    t.strictSame(circles, [], name);
  }
});

t.test("no policy is made after what acts by it", async (t) => {
  for (const [name, template] of Object.entries(templates)) t.strictSame(latePolicies(template), [], name);
});

t.test("control: a role's policy that its flow log does not wait for would be found", async (t) => {
  const template = structuredClone(templates["as little as possible"]);
  const [flowLog] = resources(template, "AWS::EC2::FlowLog")[0]!;
  const [role] = Object.entries(template.Resources).find(([id]) => id.startsWith("NetworkRefusedLogRole"))!;
  const late = { Type: "AWS::IAM::Policy", Properties: { Roles: [{ Ref: role }] } };
  const withPolicy: Template = { ...template, Resources: { ...template.Resources, Late: late } };
  t.strictSame(latePolicies(withPolicy), [`${flowLog} does not wait for Late`]);
});

t.test(
  "every call during the deployment has its permissions from the start, and something slow in between",
  async (t) => {
    for (const [name, template] of Object.entries(templates)) {
      t.ok(resources(template, "Custom::AWS").length >= 6);
      t.strictSame(earlyCalls(template), [], name);
      t.strictSame(resources(template, "AWS::IAM::Policy"), [], `${name}: all permissions are part of their roles`);
    }
  },
);

t.test("control: a call right after its role would be found", async (t) => {
  const template = structuredClone(templates["as little as possible"]);
  const [call, { DependsOn, ...rest }] = resources(template, "Custom::AWS")[0]!;
  t.ok(DependsOn, "it waits by nothing else");
  const early: Template = { ...template, Resources: { ...template.Resources, [call]: rest } };
  t.strictSame(earlyCalls(early), [call]);
});

/** What must still be there while a resource is being deleted, by types; each of these was seen to hang or to leave remains. */
const outlivedBy: readonly (readonly [type: string, needed: readonly RegExp[]])[] = [
  // A gateway to the internet stays attached while an address is mapped through it.
  ["AWS::EC2::NatGateway", [/^NetworkVpcVPCGW/, /DefaultRoute/, /RouteTableAssociation/]],
  // Network interfaces hold subnets and security groups; an instance that shuts down reports and logs.
  [
    "AWS::ElasticBeanstalk::Environment",
    [
      /NATGateway/,
      /PrivateSubnet1Subnet/,
      /PrivateSubnet2Subnet/,
      /PrivateSubnet1RouteTableAssociation/,
      /PrivateSubnet1DefaultRoute/,
      /^NetworkVpcS3/,
      /^NetworkVpcDynamoDb/,
      /^NetworkWebGroup/,
      /^NetworkWorkerGroup/,
      /^RolesWebRole/,
      /^RolesWebProfile/,
      /^RolesWorkerRole/,
      /^RolesServiceRole/,
      /^PlatformLoadBalancerListener/,
      /^ApplicationVersion/,
    ],
  ],
  // Elastic Beanstalk takes its own rules off the listener, and its count off the balancer.
  ["AWS::ElasticLoadBalancingV2::Listener", [/^PlatformLoadBalancer/]],
  ["AWS::ElasticLoadBalancingV2::LoadBalancer", [/PrivateSubnet1Subnet/, /^NetworkLoadBalancerGroup/]],
  // CloudFront's own interfaces in the network go with the origin.
  ["AWS::CloudFront::VpcOrigin", [/^PlatformLoadBalancer/, /^NetworkVpcVPCGW/]],
  [
    "AWS::CloudFront::Distribution",
    [/VpcOrigin/, /^EdgePageCache/, /^EdgeProgressCache/, /^EdgePageRequest/, /^EdgeSecurityHeaders/],
  ],
  // Deleting one calls the function, which logs; without its group it would make another.
  ["Custom::AWS", [/^AWS679f53fac/, /^LookupsRole/, /^LookupsLog/]],
  ["AWS::EC2::FlowLog", [/^NetworkRefusedLogRole/, /^NetworkRefusedLog/]],
  ["AWS::AutoScaling::ScalingPolicy", [/^PlatformWorker/]],
  ["AWS::AutoScaling::ScheduledAction", [/^Platform(Web|Worker)/]],
];

t.test("nothing hangs on deletion: what a resource needs to be deleted goes after it", async (t) => {
  for (const [name, template] of Object.entries(templates)) {
    for (const [type, needed] of outlivedBy) {
      const found = resources(template, type);
      t.ok(found.length > 0, type);
      for (const [id] of found) {
        const before = [...allNeeds(template, id)];
        for (const pattern of needed)
          t.ok(
            before.some((other) => pattern.test(other)),
            `${name}: ${id} ${pattern}`,
          );
      }
    }
  }
});

t.test(
  "nothing hangs on deletion: no option attaches a security group or a balancer that could be taken off later",
  async (t) => {
    // Elastic Beanstalk keeps what an option attached while the option is removed, so the group could not be deleted.
    for (const template of Object.values(templates)) {
      for (const [, { Properties }] of resources(template, "AWS::ElasticBeanstalk::Environment")) {
        const groups = (Properties["OptionSettings"] as { OptionName: string; Value: unknown }[]).filter(
          ({ OptionName }) => OptionName === "SecurityGroups",
        );
        for (const { Value } of groups)
          t.equal(references(Value).length, 1, "exactly the stack's own, in every variant");
        t.ok(groups.length > 0);
      }
    }
  },
);
