/**
 * Which version of the Elastic Beanstalk platform a stack gets. AWS offers a superseded version only to accounts that used
 * it, so a new stack takes the newest of the branch, and keeps it until the operator names another.
 */
import { paginateListPlatformVersions, type ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { propertiesOf, type Template } from "../stack/template.ts";

export interface Platform {
  /** Such as `Node.js 24 running on 64bit Amazon Linux 2023`. */
  readonly branch: string;
  /** Such as `6.11.5`. */
  readonly version: string;
}

/** @returns undefined where the template has no environment with a platform */
export function platformOf(template: Template): Platform | undefined {
  for (const environment of propertiesOf(template, "AWS::ElasticBeanstalk::Environment")) {
    const found = /::platform\/([^/"]+)\/(\d+(?:\.\d+)*)/.exec(JSON.stringify(environment["PlatformArn"] ?? ""));
    if (found?.[1] !== undefined && found[2] !== undefined) return { branch: found[1], version: found[2] };
  }
  return undefined;
}

/** @returns the versions of a branch that this account may use, the newest first */
export async function readPlatformVersions(client: ElasticBeanstalkClient, branch: string): Promise<string[]> {
  const versions: string[] = [];
  const Filters = [
    { Type: "PlatformBranchName", Operator: "=", Values: [branch] },
    { Type: "PlatformStatus", Operator: "=", Values: ["Ready"] },
  ];
  for await (const { PlatformSummaryList = [] } of paginateListPlatformVersions({ client }, { Filters })) {
    versions.push(...PlatformSummaryList.flatMap(({ PlatformVersion }) => PlatformVersion ?? []));
  }
  return versions.toSorted(newestFirst);
}

function newestFirst(one: string, other: string): number {
  const [a, b] = [one.split(".").map(Number), other.split(".").map(Number)];
  const differing = a.findIndex((part, index) => part !== b[index]);
  return differing === -1 ? 0 : (b[differing] ?? 0) - (a[differing] ?? 0);
}
