import {
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type NetworkInterface,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../equipment/file-test.ts";
import type { Check } from "../../deploy/stack/checklist.ts";
import { checkOpenPorts } from "../../deploy/stack/open-ports.ts";
import { createResolve } from "../../deploy/stack/template-values.ts";
import { awsError } from "../deploy/stack/deployed-summit.ts";
import { deployedResources, securityGroups, stackId, template } from "./deployed-template.ts";

const mock = mockClient(EC2Client);
const client = new EC2Client({ region: "eu-central-1" });
t.teardown(() => {
  mock.restore();
  client.destroy();
});
const resolve = createResolve(template, stackId, deployedResources);
const { signal } = new AbortController();
const Filters = [{ Name: "vpc-id", Values: ["vpc-1"] }];

const nat: NetworkInterface = { InterfaceType: "nat_gateway" as never, Association: { PublicIp: "203.0.113.1" } };

/** @param change what somebody did to the groups by hand */
function check(
  change: (groups: SecurityGroup[]) => SecurityGroup[] = (groups) => groups,
  others: NetworkInterface[] = [],
) {
  mock.reset();
  const [first, ...rest] = change(securityGroups());
  mock
    .on(DescribeSecurityGroupsCommand, { Filters })
    .callsFake(({ NextToken }: { NextToken?: string }) =>
      NextToken === undefined ? { SecurityGroups: first && [first], NextToken: "more" } : { SecurityGroups: rest },
    );
  mock.on(DescribeNetworkInterfacesCommand, { Filters }).resolves({ NetworkInterfaces: [nat, ...others] });
  return checkOpenPorts({ client, template, resolve, signal });
}

/** @returns the check of one of the template's groups */
function portsOf(checks: readonly Check[], group: string): Check {
  const found = checks.find(({ name }) => name.startsWith(`ports of Network${group}`));
  if (found === undefined) throw new Error(`the ports of ${group} were not checked`);
  return found;
}

const widen =
  (name: string, port: number, direction: "IpPermissions" | "IpPermissionsEgress" = "IpPermissions") =>
  (groups: SecurityGroup[]) =>
    groups.map((group) => {
      if (!group.GroupName?.includes(name)) return group;
      const rule = { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
      return { ...group, [direction]: [...(group[direction] ?? []), rule] };
    });

t.test("the rules of the template are found at every group, and nothing beside them", async (t) => {
  const checks = await check();
  t.strictSame(
    checks.filter(({ status }) => status !== "ok"),
    [],
  );
  t.match(portsOf(checks, "LoadBalancerGroup").found, /^in tcp 80 from pl-1, out tcp 8080 to NetworkWebGroup\w+$/);
  t.match(
    portsOf(checks, "WebGroup").found,
    /^in tcp 8080 from NetworkLoadBalancerGroup\w+, out tcp 443 to 0\.0\.0\.0\/0$/,
  );
  t.match(portsOf(checks, "WorkerGroup").found, /^out tcp 443 to 0\.0\.0\.0\/0$/, "nothing in");
  t.match(checks.find(({ name }) => name === "no other group is open")?.found, /^1 other group/);
});

t.test("a port opened by hand is found, inwards and outwards", async (t) => {
  const ssh = portsOf(await check(widen("WorkerGroup", 22)), "WorkerGroup");
  t.match(ssh, { status: "failed", found: "open beside the template: in tcp 22 from 0.0.0.0/0", todo: /by hand/ });
  const out = await check(widen("WebGroup", 25, "IpPermissionsEgress"));
  t.match(portsOf(out, "WebGroup"), { status: "failed", found: "open beside the template: out tcp 25 to 0.0.0.0/0" });
});

t.test("a rule removed by hand and a missing group are found", async (t) => {
  const closed = await check((groups) => groups.map((group) => ({ ...group, IpPermissions: [] })));
  t.match(
    closed.filter(({ status }) => status === "failed").map(({ found }) => found),
    [/^closed: in tcp 80 from/, /^closed: in tcp 8080 from/],
  );
  const gone = await check((groups) => groups.filter(({ GroupName }) => !GroupName?.includes("WorkerGroup")));
  t.match(portsOf(gone, "WorkerGroup"), { status: "failed", found: /does not exist/ });
});

t.test("another group that is open to everybody, and a public address, are found", async (t) => {
  const other: SecurityGroup = {
    GroupId: "sg-9",
    GroupName: "launch-wizard-1",
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }],
  };
  const instance = { NetworkInterfaceId: "eni-1", Association: { PublicIp: "203.0.113.9" }, Description: "" };
  const checks = await check((groups) => [...groups, other], [instance]);
  t.match(
    checks.filter(({ status }) => status === "failed"),
    [
      { name: "no other group is open", found: "open to everybody: launch-wizard-1 (sg-9)" },
      { name: "no public address", found: /^eni-1/ },
    ],
  );
});

t.test("without the right to read them the ports are unknown", async (t) => {
  mock.reset();
  mock.onAnyCommand().rejects(awsError("UnauthorizedOperation", "may not ec2:DescribeSecurityGroups"));
  const checks = await checkOpenPorts({ client, template, resolve, signal });
  t.match(checks, [
    { name: "open ports", status: "unknown" },
    { name: "no public address", status: "unknown" },
  ]);
});
