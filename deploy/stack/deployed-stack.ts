/**
 * A CloudFormation stack as it stands: made, half made, half removed or under way; and what that means for somebody who
 * wants to deploy or remove it.
 */
import {
  DescribeStacksCommand,
  paginateListStackResources,
  type CloudFormationClient,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";

/** The tag that everything of a deployment carries, with the stack's name as its value. */
export const stackTag = "turnout:stack";
const stageTag = "turnout:stage";

export interface DeployedStack {
  readonly name: string;
  /** ARN, by which it can still be asked about when it is gone. */
  readonly id: string;
  /** In CloudFormation's words, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  /** Why it is in this status; empty where CloudFormation says nothing. */
  readonly reason: string;
  /** Whether CloudFormation refuses to delete it. */
  readonly isProtected: boolean;
  /** `test` or `production`; undefined where the stack is none of Turnout's. */
  readonly stage: string | undefined;
  readonly description: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** CloudFormation has no error of its own for a stack that is not there. */
export function isUnknownStack(error: unknown): boolean {
  return error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message);
}

/**
 * @param stack name, or the ARN of one that may be gone
 * @returns undefined where there is none of this name
 * @throws the SDK's error when CloudFormation does not answer or refuses
 */
export async function readStack(client: CloudFormationClient, stack: string): Promise<DeployedStack | undefined> {
  try {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    if (found === undefined) return undefined;
    const tags = new Map(found.Tags?.map(({ Key, Value }) => [Key, Value]));
    return {
      name: found.StackName ?? stack,
      id: found.StackId ?? stack,
      status: found.StackStatus ?? "",
      reason: found.StackStatusReason ?? "",
      isProtected: found.EnableTerminationProtection ?? false,
      stage: tags.get(stackTag) === found.StackName ? tags.get(stageTag) : undefined,
      description: found.Description ?? "",
      outputs: Object.fromEntries((found.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
    };
  } catch (error) {
    if (isUnknownStack(error)) return undefined;
    throw error;
  }
}

/** @returns every resource that the stack has or had; empty where there is no such stack */
export async function readStackResources(
  client: CloudFormationClient,
  stack: string,
): Promise<readonly StackResourceSummary[]> {
  const resources: StackResourceSummary[] = [];
  try {
    for await (const page of paginateListStackResources({ client }, { StackName: stack })) {
      resources.push(...(page.StackResourceSummaries ?? []));
    }
  } catch (error) {
    if (!isUnknownStack(error)) throw error;
  }
  return resources;
}

/** @returns why the stack cannot be deployed as it stands, and what to do; undefined where it can */
export function deployObstacle(stack: DeployedStack | undefined): string | undefined {
  if (stack === undefined || stack.status === "REVIEW_IN_PROGRESS") return undefined;
  const { name, status, reason } = stack;
  if (!stack.description.startsWith("Turnout:")) {
    return `There is a stack ${name} already, and it is none of Turnout's. Choose another stackName.`;
  }
  const so = `Stack ${name} is ${status}${reason && ` (${reason})`}`;
  if (status === "DELETE_IN_PROGRESS") return `${so}. Wait until it is gone, then deploy again.`;
  if (status.endsWith("_IN_PROGRESS")) return `${so}: somebody else changes it. Wait until that is done.`;
  if (status === "UPDATE_ROLLBACK_FAILED") {
    return `${so}: an update failed and could not be undone. Go on with: aws cloudformation continue-update-rollback --stack-name ${name}`;
  }
  if (status === "DELETE_FAILED") return `${so}: half removed. Finish that with: npm run destroy -- --stack ${name}`;
  if (/^(CREATE_FAILED|ROLLBACK_)/.test(status)) {
    return `${so}: its first deployment failed, so it cannot be updated. Remove the rest with: npm run destroy -- --stack ${name}`;
  }
  return undefined;
}

/** @returns why the stack cannot be removed now, and what to do; undefined where it can */
export function removalObstacle({ name, status }: DeployedStack): string | undefined {
  if (!status.endsWith("_IN_PROGRESS") || /^(CREATE|DELETE|REVIEW)_IN_PROGRESS$/.test(status)) return undefined;
  return `Stack ${name} is ${status}: somebody changes it. Wait until that is done.`;
}
