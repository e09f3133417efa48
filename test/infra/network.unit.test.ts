import { t } from "../equipment/file-test.ts";
import { tierPort } from "../../infra/tier-variables.ts";
import { fullSettings, longSettings, only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();

interface Rule {
  readonly GroupId?: unknown;
  readonly SourceSecurityGroupId?: unknown;
  readonly FromPort?: number;
  readonly ToPort?: number;
}

const ingress = resources(main, "AWS::EC2::SecurityGroupIngress").map(([, rule]) => rule.Properties as Rule);

function into(group: string): Rule | undefined {
  return ingress.find((rule) => JSON.stringify(rule.GroupId).includes(`Network${group}`));
}

t.test(
  "the network spans two availability zones, with instances and the load balancer in private subnets",
  async (t) => {
    t.equal(resources(main, "AWS::EC2::Subnet").length, 4);
    t.equal(resources(main, "AWS::EC2::NatGateway").length, 1);
    for (const [id, subnet] of resources(main, "AWS::EC2::Subnet")) {
      t.equal(subnet.Properties["MapPublicIpOnLaunch"], false, `${id} hands out no public addresses`);
    }
    const balancer = only(main, "AWS::ElasticLoadBalancingV2::LoadBalancer").Properties;
    t.equal(balancer["Scheme"], "internal");
    t.match(JSON.stringify(balancer["Subnets"]), /Private.*Private/);
    t.notMatch(JSON.stringify(balancer["Subnets"]), /Public/);
  },
);

t.test("zones are a setting, by the ids that mean the same zone in every account", async (t) => {
  const zonesOf = (template: typeof main) =>
    resources(template, "AWS::EC2::Subnet").map(([, { Properties }]) => Properties);
  const placed = zonesOf((await synthesized({ settings: longSettings })).main);
  t.strictSame(
    placed.map((subnet) => subnet["AvailabilityZoneId"]),
    ["use1-az1", "use1-az5", "use1-az1", "use1-az5"],
  );
  t.ok(placed.every((subnet) => !("AvailabilityZone" in subnet)));
  // Without an account the synthesis knows none; `npm run deploy` chooses them.
  t.ok(zonesOf(main).every((subnet) => "AvailabilityZone" in subnet && !("AvailabilityZoneId" in subnet)));
});

t.test("a second way out is a setting", async (t) => {
  t.equal(resources((await synthesized({ settings: fullSettings })).main, "AWS::EC2::NatGateway").length, 2);
});

t.test("the table and the bundle are reached by free endpoints, not through the NAT gateway", async (t) => {
  const endpoints = resources(main, "AWS::EC2::VPCEndpoint").map(([, endpoint]) => endpoint.Properties);
  t.strictSame(
    endpoints.map((endpoint) => endpoint["VpcEndpointType"]),
    ["Gateway", "Gateway"],
  );
  t.match(JSON.stringify(endpoints), /\.dynamodb"/);
  t.match(JSON.stringify(endpoints), /\.s3"/);
});

t.test(
  "CloudFront alone reaches the load balancer, on one port, and the load balancer alone the web tier",
  async (t) => {
    t.equal(ingress.length, 2);
    t.match(into("LoadBalancerGroup"), {
      FromPort: 80,
      ToPort: 80,
      SourcePrefixListId: { "Fn::GetAtt": [/OriginFacingAddresses/, "PrefixLists.0.PrefixListId"] },
    });
    t.match(into("WebGroup"), { FromPort: tierPort, ToPort: tierPort });
    t.match(JSON.stringify(into("WebGroup")?.SourceSecurityGroupId), /LoadBalancerGroup/);
    for (const [id, group] of resources(main, "AWS::EC2::SecurityGroup")) {
      t.equal(group.Properties["SecurityGroupIngress"], undefined, `${id} lets nobody in by itself`);
    }
  },
);

t.test("with an own domain the one port is that of TLS", async (t) => {
  const own = (await synthesized({ settings: fullSettings })).main;
  const ports = resources(own, "AWS::EC2::SecurityGroupIngress")
    .map(([, rule]) => rule.Properties)
    .filter((rule) => rule["SourcePrefixListId"] !== undefined)
    .map((rule) => [rule["FromPort"], rule["ToPort"]]);
  t.strictSame(ports, [[443, 443]]);
});

t.test("nobody reaches the worker tier, and both tiers go out by TLS only", async (t) => {
  t.equal(into("WorkerGroup"), undefined);
  for (const tier of ["NetworkWebGroup", "NetworkWorkerGroup"]) {
    const egress = only(main, "AWS::EC2::SecurityGroup", tier).Properties["SecurityGroupEgress"];
    t.match(egress, [{ FromPort: 443, ToPort: 443, IpProtocol: "tcp" }]);
    t.equal((egress as unknown[]).length, 1);
  }
});

t.test("rejected traffic is logged, and the log goes with the stack", async (t) => {
  t.equal(only(main, "AWS::EC2::FlowLog").Properties["TrafficType"], "REJECT");
  const log = only(main, "AWS::Logs::LogGroup", "NetworkRefusedLog");
  t.equal(log.DeletionPolicy, "Delete");
  t.equal(log.Properties["RetentionInDays"], 14);
});
