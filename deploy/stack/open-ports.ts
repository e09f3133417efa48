/**
 * Checks that only the needed ports are open: the rules of the stack's security groups are those of the template, no other
 * group in its network is open to the world, and only the NAT gateways have a public address. Read-only.
 */
import {
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  type EC2Client,
  type IpPermission,
  type NetworkInterface,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { attempt, failed, ok, type Check } from "./checklist.ts";
import { titlesOf, type Template } from "./template.ts";
import type { Resolve } from "./template-values.ts";

export interface OpenPortsOptions {
  readonly client: EC2Client;
  readonly template: Template;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
}

type Direction = "in" | "out";

interface Rule {
  readonly direction: Direction;
  /** Such as `tcp 443`. */
  readonly traffic: string;
  /** Address range, prefix list or group; undefined where only AWS knows it. */
  readonly peer: string | undefined;
}

const mostNamed = 5;
const everybody = new Set(["0.0.0.0/0", "::/0"]);
/** EC2's documents and answers differ in how they write it. */
const natGateway = /^nat_?gateway$/i;
const directions = { in: "Ingress", out: "Egress" } as const;

function trafficOf(protocol: string, from: number | undefined, to: number | undefined): string {
  if (protocol === "-1") return "everything";
  return from === to ? `${protocol} ${from}` : `${protocol} ${from}-${to}`;
}

/** A rule of the template: inside its group, or a resource of its own. */
function ruleOf(properties: Readonly<Record<string, unknown>>, direction: Direction, resolve: Resolve): Rule {
  const { IpProtocol, FromPort, ToPort } = properties as { IpProtocol?: unknown; FromPort?: number; ToPort?: number };
  const side = direction === "in" ? "Source" : "Destination";
  const names = ["CidrIp", "CidrIpv6", `${side}PrefixListId`, `${side}SecurityGroupId`];
  const peer = names.map((name) => properties[name]).find((value) => value !== undefined);
  return { direction, traffic: trafficOf(String(IpProtocol), FromPort, ToPort), peer: resolve(peer) };
}

/** @returns the template's rules by the id of their group */
function wantedRules({ Resources }: Template, resolve: Resolve): Map<string, Rule[]> {
  const wanted = new Map<string, Rule[]>();
  for (const [logicalId, { Type, Properties = {} }] of Object.entries(Resources)) {
    for (const [direction, name] of Object.entries(directions) as [Direction, string][]) {
      const inside = Type === "AWS::EC2::SecurityGroup" ? (Properties[`SecurityGroup${name}`] ?? []) : undefined;
      const own = Type === `AWS::EC2::SecurityGroup${name}` ? [Properties] : undefined;
      const rules = (inside ?? own) as readonly Record<string, unknown>[] | undefined;
      const group = resolve(own ? Properties["GroupId"] : { Ref: logicalId });
      if (rules === undefined || group === undefined) continue;
      wanted.set(group, [...(wanted.get(group) ?? []), ...rules.map((rule) => ruleOf(rule, direction, resolve))]);
    }
  }
  return wanted;
}

function rulesOf({ IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup): Rule[] {
  const expand = (direction: Direction) => (permission: IpPermission) => {
    const { IpProtocol = "-1", FromPort, ToPort, IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs } = permission;
    const peers = [
      ...(IpRanges ?? []).map(({ CidrIp = "" }) => CidrIp),
      ...(Ipv6Ranges ?? []).map(({ CidrIpv6 = "" }) => CidrIpv6),
      ...(PrefixListIds ?? []).map(({ PrefixListId = "" }) => PrefixListId),
      ...(UserIdGroupPairs ?? []).map(({ GroupId = "" }) => GroupId),
    ];
    return peers.map((peer): Rule => ({ direction, traffic: trafficOf(IpProtocol, FromPort, ToPort), peer }));
  };
  return [...IpPermissions.flatMap(expand("in")), ...IpPermissionsEgress.flatMap(expand("out"))];
}

function sameRule(a: Rule, b: Rule): boolean {
  const samePeer = a.peer === b.peer || a.peer === undefined || b.peer === undefined;
  return a.direction === b.direction && a.traffic === b.traffic && samePeer;
}

export async function checkOpenPorts({ client, template, resolve, signal }: OpenPortsOptions) {
  const titles = titlesOf(template);
  const logicalIds = Object.keys(template.Resources);
  const titleOfId = new Map(logicalIds.map((id) => [resolve({ Ref: id }) ?? "", titles.get(id) ?? id]));
  const networks = logicalIds
    .filter((id) => template.Resources[id]?.Type === "AWS::EC2::VPC")
    .flatMap((id) => resolve({ Ref: id }) ?? []);
  const Filters = [{ Name: "vpc-id", Values: networks }];
  const show = ({ direction, traffic, peer = "?" }: Rule) =>
    `${direction} ${traffic} ${direction === "in" ? "from" : "to"} ${titleOfId.get(peer) ?? peer}`;

  function checkGroup(id: string, wanted: readonly Rule[], group: SecurityGroup | undefined): Check {
    const name = `ports of ${titleOfId.get(id) ?? id}`;
    if (group === undefined)
      return failed(name, `the group ${id} does not exist`, "Somebody removed it. See the stack's drift.");
    const actual = rulesOf(group);
    const extra = actual.filter((rule) => !wanted.some((one) => sameRule(one, rule)));
    const missing = wanted.filter((rule) => !actual.some((one) => sameRule(one, rule)));
    if (extra.length + missing.length === 0) return ok(name, actual.map(show).join(", ") || "nothing");
    const said = [
      ...extra.map((rule) => `open beside the template: ${show(rule)}`),
      ...missing.map((rule) => `closed: ${show(rule)}`),
    ];
    const todo =
      "Somebody changed it by hand, and deploying again changes nothing while the template is the same. Undo it in the EC2 console, or give npm run deploy --revert-drift.";
    return failed(name, said.slice(0, mostNamed).join("; "), todo);
  }

  async function groups(): Promise<readonly Check[]> {
    const found: SecurityGroup[] = [];
    for await (const page of paginateDescribeSecurityGroups({ client }, { Filters })) {
      found.push(...(page.SecurityGroups ?? []));
    }
    const wanted = wantedRules(template, resolve);
    const checks = [...wanted].map(([id, rules]) =>
      checkGroup(
        id,
        rules,
        found.find(({ GroupId }) => GroupId === id),
      ),
    );
    const open = found.filter(
      (group) =>
        !wanted.has(group.GroupId ?? "") &&
        rulesOf(group).some(({ direction, peer }) => direction === "in" && everybody.has(peer ?? "")),
    );
    const name = "no other group is open";
    const others = found.length - wanted.size;
    if (open.length === 0)
      return [...checks, ok(name, `${others} other group(s) in the network, none open to everybody`)];
    const said = open.map(({ GroupId, GroupName }) => `${GroupName} (${GroupId})`).join(", ");
    const todo = "It is none of the stack's. Find out who made it, and close it: what wears it can be reached.";
    return [...checks, failed(name, `open to everybody: ${said}`, todo)];
  }

  async function addresses(): Promise<Check> {
    const name = "no public address";
    const interfaces: NetworkInterface[] = [];
    for await (const page of paginateDescribeNetworkInterfaces({ client }, { Filters })) {
      interfaces.push(...(page.NetworkInterfaces ?? []));
    }
    const wrong = interfaces.filter(
      ({ Association, InterfaceType = "" }) => Association?.PublicIp !== undefined && !natGateway.test(InterfaceType),
    );
    if (wrong.length === 0) return ok(name, `${interfaces.length} interfaces; only NAT gateways have one`);
    const said = wrong.map(({ NetworkInterfaceId, Description }) => `${NetworkInterfaceId} (${Description ?? ""})`);
    return failed(
      name,
      said.slice(0, mostNamed).join(", "),
      "Take the address away: nothing here is meant to be reached from outside.",
    );
  }

  if (networks.length === 0) return [];
  const checks = await Promise.all([
    attempt("open ports", signal, groups),
    attempt("no public address", signal, addresses),
  ]);
  return checks.flat();
}
