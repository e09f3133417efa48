/** The values of a template as CloudFormation deployed them: references become the physical names of the stack's resources. */
import type { StackResourceSummary } from "@aws-sdk/client-cloudformation";
import type { Template } from "./template.ts";

/** @returns the deployed value; undefined where only AWS knows it */
export type Resolve = (value: unknown) => string | undefined;

interface Intrinsic {
  readonly Ref?: string;
  readonly "Fn::GetAtt"?: readonly string[];
  readonly "Fn::Join"?: readonly [separator: string, parts: readonly unknown[]];
}

interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** ARNs of the types whose physical id is a name or a URL. */
const arns: Readonly<Record<string, (place: Place, name: string) => string>> = {
  "AWS::IAM::Role": ({ partition, account }, name) => `arn:${partition}:iam::${account}:role/${name}`,
  "AWS::IAM::InstanceProfile": ({ partition, account }, name) =>
    `arn:${partition}:iam::${account}:instance-profile/${name}`,
  "AWS::SQS::Queue": ({ partition, region, account }, url) =>
    `arn:${partition}:sqs:${region}:${account}:${url.split("/").at(-1) ?? ""}`,
  "AWS::DynamoDB::GlobalTable": ({ partition, region, account }, name) =>
    `arn:${partition}:dynamodb:${region}:${account}:table/${name}`,
};

/**
 * @param stackId ARN of the stack
 * @param resources of the deployed stack
 */
export function createResolve(
  { Resources }: Template,
  stackId: string,
  resources: readonly Pick<StackResourceSummary, "LogicalResourceId" | "PhysicalResourceId">[],
): Resolve {
  const [, partition = "aws", , region = "", account = "", stack = ""] = stackId.split(":");
  const place: Place = { partition, region, account };
  const names = new Map(resources.map((one) => [one.LogicalResourceId ?? "", one.PhysicalResourceId]));
  const pseudo: Readonly<Record<string, string>> = {
    "AWS::Partition": partition,
    "AWS::Region": region,
    "AWS::AccountId": account,
    "AWS::StackName": stack.split("/")[1] ?? "",
    "AWS::StackId": stackId,
    "AWS::URLSuffix": partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com",
  };

  function attribute([id = "", name = ""]: readonly string[]): string | undefined {
    const physical = names.get(id);
    if (physical === undefined) return undefined;
    if (name === "GroupId") return physical;
    if (name === "QueueName") return physical.split("/").at(-1);
    return name === "Arn" ? arns[Resources[id]?.Type ?? ""]?.(place, physical) : undefined;
  }

  function resolve(value: unknown): string | undefined {
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (typeof value !== "object" || value === null) return undefined;
    const { Ref, "Fn::GetAtt": get, "Fn::Join": join } = value as Intrinsic;
    if (Ref !== undefined) return pseudo[Ref] ?? names.get(Ref);
    if (get !== undefined) return attribute(get);
    if (join === undefined) return undefined;
    const parts = join[1].map(resolve);
    return parts.includes(undefined) ? undefined : parts.join(join[0]);
  }
  return resolve;
}
