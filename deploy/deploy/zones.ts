/** Which availability zones have all that a stack needs. By id: a name is another zone in another account. */
import {
  DescribeAvailabilityZonesCommand,
  paginateDescribeInstanceTypeOfferings,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { Template } from "../stack/template.ts";

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html */
const withoutVpcOrigins = new Set(["use1-az3", "usw1-az2", "apne1-az3", "cac1-az3"]);

export interface Zones {
  /** Ids in order. */
  readonly fit: readonly string[];
  /** Id → what is missing. */
  readonly unfit: ReadonlyMap<string, string>;
}

/**
 * @returns the ids of a template's zones, in the order of its subnets: in another order each subnet would move; none where
 *   they are left to the account's order of names
 */
export function zonesOf({ Resources }: Template): string[] {
  const ids = Object.entries(Resources)
    .filter(([, { Type }]) => Type === "AWS::EC2::Subnet")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { Properties }]) => Properties?.["AvailabilityZoneId"] ?? []);
  return [...new Set(ids.filter((id) => typeof id === "string"))];
}

/** @param types instance types that every zone must offer */
export async function readZones(client: EC2Client, types: readonly string[]): Promise<Zones> {
  const { AvailabilityZones = [] } = await client.send(
    new DescribeAvailabilityZonesCommand({
      Filters: [
        { Name: "zone-type", Values: ["availability-zone"] },
        { Name: "state", Values: ["available"] },
      ],
    }),
  );
  const offered = new Set<string>();
  const offerings = paginateDescribeInstanceTypeOfferings(
    { client },
    { LocationType: "availability-zone-id", Filters: [{ Name: "instance-type", Values: [...types] }] },
  );
  for await (const { InstanceTypeOfferings = [] } of offerings) {
    for (const { InstanceType, Location } of InstanceTypeOfferings) offered.add(`${InstanceType} ${Location}`);
  }
  const fit: string[] = [];
  const unfit = new Map<string, string>();
  for (const id of AvailabilityZones.flatMap(({ ZoneId }) => ZoneId ?? []).toSorted()) {
    const missing = types.filter((type) => !offered.has(`${type} ${id}`));
    if (withoutVpcOrigins.has(id)) unfit.set(id, "CloudFront has no VPC origins there");
    else if (missing.length > 0) unfit.set(id, `${missing.join(" and ")} not offered there`);
    else fit.push(id);
  }
  return { fit, unfit };
}
