/** What CloudFormation knows of a stack, also of a deleted one, whose resources it lists for 90 days. */
import { paginateListStacks, type CloudFormationClient, type StackSummary } from "@aws-sdk/client-cloudformation";
import { DescribeEnvironmentsCommand, type ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import type { DeploymentClients } from "./clients.ts";
import { readStackResources } from "./deployed-stack.ts";

export interface TracedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  /** Its last status, such as `DELETE_SKIPPED`. */
  readonly status: string;
}

export interface Traces {
  /** Of all stacks of this name and their environments' stacks, with these stacks themselves. */
  readonly resources: readonly TracedResource[];
  /** Ids of its Elastic Beanstalk environments, such as `e-abcdefghij`, where still known. */
  readonly environmentIds: readonly string[];
  /** Existing stacks whose names begin with this one's: resources named after them are not this stack's. */
  readonly neighbours: readonly string[];
}

/** The newest stacks of one name that are read. */
const maxHistory = 5;

async function listStacks(client: CloudFormationClient): Promise<StackSummary[]> {
  const all: StackSummary[] = [];
  for await (const { StackSummaries = [] } of paginateListStacks({ client }, {})) all.push(...StackSummaries);
  return all;
}

async function readEnvironmentIds(client: ElasticBeanstalkClient, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const question = { EnvironmentNames: [...new Set(names)], IncludeDeleted: true, IncludedDeletedBackTo: new Date(0) };
  try {
    const { Environments = [] } = await client.send(new DescribeEnvironmentsCommand(question));
    return Environments.flatMap(({ EnvironmentId }) => EnvironmentId ?? []);
  } catch {
    // Elastic Beanstalk's bucket, which is searched as well, then says what is wrong.
    return [];
  }
}

/** @throws the SDK's error of CloudFormation; without Elastic Beanstalk, environment ids stay unknown */
export async function readTraces(
  { cloudFormation, beanstalk }: Pick<DeploymentClients, "cloudFormation" | "beanstalk">,
  stack: string,
): Promise<Traces> {
  const stacks = await listStacks(cloudFormation);
  const resources: TracedResource[] = [];

  async function trace({ StackId = "", StackName: logicalId = "", StackStatus }: StackSummary): Promise<void> {
    resources.push({ logicalId, type: "AWS::CloudFormation::Stack", name: StackId, status: StackStatus ?? "" });
    for (const one of await readStackResources(cloudFormation, StackId)) {
      const { LogicalResourceId = "", ResourceType: type = "" } = one;
      const { PhysicalResourceId: name = "", ResourceStatus: status = "" } = one;
      if (name !== "") resources.push({ logicalId: LogicalResourceId, type, name, status });
    }
  }

  // Another application's stack may once have had the same name.
  const named = stacks.filter((one) => one.StackName === stack && one.TemplateDescription?.startsWith("Turnout:"));
  for (const one of named.slice(0, maxHistory)) await trace(one);
  const names = resources.filter(({ type }) => type === "AWS::ElasticBeanstalk::Environment").map(({ name }) => name);
  const environmentIds = await readEnvironmentIds(beanstalk, names);
  // Elastic Beanstalk creates the resources of an environment by a stack of its own.
  for (const id of environmentIds) {
    const made = stacks.find(({ StackName }) => StackName === `awseb-${id}-stack`);
    if (made !== undefined) await trace(made);
  }
  const neighbours = stacks.flatMap(({ StackName = "", StackStatus }) =>
    StackStatus !== "DELETE_COMPLETE" && StackName.startsWith(`${stack}-`) && StackName !== `${stack}-firewall`
      ? [StackName]
      : [],
  );
  return { resources, environmentIds, neighbours };
}
