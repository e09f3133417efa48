/**
 * IAM statements with the reason for every wildcard. AWS's checks report wildcards; the reason is recorded with the
 * suppressed finding.
 */
import { Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IConstruct } from "constructs";
import type { Grant } from "../shared/aws/tier-grants.ts";

export function toStatement({ sid, actions, resources, conditions }: Grant): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions }),
  });
}

/** @param holder the construct whose policies hold the grants */
export function acknowledgePatterns(holder: IConstruct, grants: readonly Grant[]): void {
  for (const { resources, why } of grants) {
    for (const resource of resources) {
      const pattern = flatten(Stack.of(holder).resolve(resource));
      if (why === undefined || !pattern.includes("*")) continue;
      Validations.of(holder).acknowledge({ id: `AwsSolutions-IAM5[Resource::${pattern}]`, reason: why });
    }
  }
}

interface Intrinsic {
  readonly Ref?: string;
  readonly "Fn::GetAtt"?: readonly string[];
  readonly "Fn::Join"?: readonly [separator: string, parts: readonly unknown[]];
}

/** As in the finding: CloudFormation's values are in angle brackets. */
function flatten(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Join": join } = value as Intrinsic;
  if (join) return join[1].map(flatten).join(join[0]);
  return `<${Ref ?? attribute?.join(".") ?? ""}>`;
}
