/**
 * What CloudFormation still knows of a stack, also of one that is gone: it keeps a removed stack's resources for 90 days.
 * By these names one can look for what other services left of it.
 */
import { paginateListStacks, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DescribeEnvironmentsCommand, type ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import type { DeploymentClients } from "./clients.ts";
import { readStackResources } from "./deployed-stack.ts";

export interface TracedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  /** The last that CloudFormation did with it, such as `DELETE_SKIPPED`. */
  readonly status: string;
}

export interface Traces {
  /** Everything that any stack of this name had. */
  readonly resources: readonly TracedResource[];
  /** Ids of its Elastic Beanstalk environments, such as `e-abcdefghij`, as far as those are still known. */
  readonly environmentIds: readonly string[];
  /** Living stacks whose names begin with this one's: what begins with theirs is not ours. */
  readonly neighbours: readonly string[];
}

/** Older ones of the same name have nothing left that the newest few would not show. */
const maxHistory = 5;

/** @returns ARNs of the removed stacks of this name, newest first, and names of living neighbours */
async function listStacks(client: CloudFormationClient, stack: string) {
  const history: string[] = [];
  const neighbours: string[] = [];
  for await (const { StackSummaries = [] } of paginateListStacks({ client }, {})) {
    for (const { StackName = "", StackId = "", StackStatus } of StackSummaries) {
      if (StackName === stack) history.push(StackId);
      else if (
        StackStatus !== "DELETE_COMPLETE" &&
        StackName.startsWith(`${stack}-`) &&
        StackName !== `${stack}-firewall`
      )
        neighbours.push(StackName);
    }
  }
  return { history: history.slice(0, maxHistory), neighbours };
}

async function readEnvironmentIds(client: ElasticBeanstalkClient, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const question = { EnvironmentNames: [...new Set(names)], IncludeDeleted: true, IncludedDeletedBackTo: new Date(0) };
  try {
    const { Environments = [] } = await client.send(new DescribeEnvironmentsCommand(question));
    return Environments.flatMap(({ EnvironmentId }) => EnvironmentId ?? []);
  } catch {
    // The look at the environments themselves says what is wrong.
    return [];
  }
}

/** @throws the SDK's error when CloudFormation does not answer or refuses; without Elastic Beanstalk ids stay unknown */
export async function readTraces(
  { cloudFormation, beanstalk }: Pick<DeploymentClients, "cloudFormation" | "beanstalk">,
  stack: string,
): Promise<Traces> {
  const { history, neighbours } = await listStacks(cloudFormation, stack);
  const resources: TracedResource[] = [];
  for (const id of history) {
    for (const one of await readStackResources(cloudFormation, id)) {
      const { LogicalResourceId: logicalId = "", ResourceType: type = "" } = one;
      const { PhysicalResourceId: name = "", ResourceStatus: status = "" } = one;
      if (name !== "") resources.push({ logicalId, type, name, status });
    }
  }
  const names = resources.filter(({ type }) => type === "AWS::ElasticBeanstalk::Environment").map(({ name }) => name);
  return { resources, environmentIds: await readEnvironmentIds(beanstalk, names), neighbours };
}
