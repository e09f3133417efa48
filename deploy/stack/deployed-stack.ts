/** The state of a CloudFormation stack, and whether it can be deployed or removed in that state. */
import {
  DescribeStacksCommand,
  paginateListStackResources,
  type CloudFormationClient,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";

/** The tag of every resource of a deployment; its value is the stack's name. */
export const stackTag = "turnout:stack";
const stageTag = "turnout:stage";

export interface DeployedStack {
  readonly name: string;
  /** The ARN, which still works when the stack is deleted. */
  readonly id: string;
  /** Such as `UPDATE_COMPLETE`. */
  readonly status: string;
  /** Why it has this status, or empty. */
  readonly reason: string;
  /** Termination protection. */
  readonly isProtected: boolean;
  /** `test` or `production`; undefined where the stack is none of Turnout's. */
  readonly stage: string | undefined;
  readonly description: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** CloudFormation has no error name of its own for a missing stack. */
export function isUnknownStack(error: unknown): boolean {
  return error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message);
}

/**
 * @param stack a name, or an ARN, also of a deleted stack
 * @returns undefined where there is none
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

/** @returns every resource that the stack has or had; none where there is no such stack */
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

/** @returns why the stack cannot be deployed now, and what to do; undefined where it can */
export function deployObstacle(stack: DeployedStack | undefined): string | undefined {
  if (stack === undefined || stack.status === "REVIEW_IN_PROGRESS") return undefined;
  const { name, status, reason, stage } = stack;
  // Its own region, which is not that of the commands' credentials for a firewall's.
  const named = `--stack-name ${name} --region ${stack.id.split(":")[3] ?? ""}`;
  const isFirewall = stack.description.startsWith("Turnout: firewall of ");
  if (!stack.description.startsWith("Turnout:")) {
    return `There is a stack ${name} already, and it is none of Turnout's. Choose another stackName.`;
  }
  const so = `Stack ${name} is ${status}${reason && ` (${reason})`}`;
  if (status === "DELETE_IN_PROGRESS") return `${so}. Wait until it is gone, then deploy again.`;
  if (status.endsWith("_IN_PROGRESS")) return `${so}: somebody else is changing it. Wait until that is done.`;
  if (status === "UPDATE_ROLLBACK_FAILED") {
    return `${so}: an update failed and could not be undone. Continue with: aws cloudformation continue-update-rollback ${named}`;
  }
  if (status === "UPDATE_FAILED") {
    return `${so}: left so by --no-rollback, to find out why. Take it back first, with: aws cloudformation rollback-stack ${named}; then deploy again.`;
  }
  if (isFirewall && /^(CREATE_FAILED|ROLLBACK_|DELETE_FAILED)/.test(status)) {
    return `${so}. The firewall's stack holds no data; remove it with: aws cloudformation delete-stack ${named}, then deploy again.`;
  }
  if (status === "DELETE_FAILED") return `${so}: half removed. Finish that with: npm run destroy -- --stack ${name}`;
  if (/^(CREATE_FAILED|ROLLBACK_)/.test(status)) {
    const destroy = `npm run destroy -- --stack ${name}`;
    const data =
      stage === "production"
        ? ` It keeps its tables and queues, protected from deletion, and a new deployment makes others: where nobody registered yet, ${destroy} --delete-data removes them as well.`
        : "";
    return `${so}: its first deployment failed, so it cannot be updated. Remove the rest with: ${destroy}.${data}`;
  }
  return undefined;
}

/** @returns why the stack cannot be removed now, and what to do; undefined where it can */
export function removalObstacle({ name, status }: DeployedStack): string | undefined {
  if (!status.endsWith("_IN_PROGRESS") || /^(CREATE|DELETE|REVIEW)_IN_PROGRESS$/.test(status)) return undefined;
  return `Stack ${name} is ${status}: somebody is changing it. Wait until that is done.`;
}
