/**
 * An AWS account for tests, where no local engine exists: every client that the deployment's commands use is stubbed and
 * answers with nothing, CloudFormation with the stacks that a test puts there, which come and go as the real ones do, in
 * pages as small as they can be.
 */
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  UpdateTerminationProtectionCommand,
  type StackStatus,
} from "@aws-sdk/client-cloudformation";
import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { IAMClient } from "@aws-sdk/client-iam";
import { ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import type { Test } from "tap";
import { createDeploymentClients } from "../../../deploy/stack/clients.ts";

export const account = "123456789012";
export const region = "eu-central-1";

/** @returns an error as AWS answers it: by its name is how it is known */
export function awsError(name: string, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}

export interface StandInResource {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  readonly policy?: "Retain";
  status?: string;
}

export interface StandInStack {
  readonly name: string;
  status: string;
  stage?: "test" | "production" | undefined;
  isProtected?: boolean;
  description?: string;
  parameters?: Readonly<Record<string, string>>;
  outputs?: Readonly<Record<string, string>>;
  resources?: StandInResource[];
  /** What each poll of a stack that is being removed finds, one after the other; by default it is gone after two. */
  steps?: ((stack: StandInStack) => void)[];
}

interface Event {
  readonly stack: string;
  readonly logicalId: string;
  readonly type?: string;
  readonly status: string;
  readonly reason?: string;
}

/** What all stubs have in common; their own types have it each in another way. */
interface Answering {
  onAnyCommand(): { resolves(answer: object): unknown };
}

export function idOf(stack: string): string {
  return `arn:aws:cloudformation:${region}:${account}:stack/${stack}/1`;
}

/** Removes a stack as CloudFormation does where nothing stands in the way. */
export function gone(stack: StandInStack): void {
  for (const resource of stack.resources ?? []) {
    resource.status = resource.policy === "Retain" ? "DELETE_SKIPPED" : "DELETE_COMPLETE";
  }
  stack.status = "DELETE_COMPLETE";
}

interface Paged {
  readonly StackName?: string;
  readonly NextToken?: string;
}

/** @returns one of a list, and where the next one is: whoever does not ask further misses it */
function page(name: string, all: readonly object[], { NextToken = "0" }: Paged): object {
  const at = Number(NextToken);
  return { [name]: all.slice(at, at + 1), ...(at + 1 < all.length && { NextToken: String(at + 1) }) };
}

/** @param onAsk called before CloudFormation answers, to let the world change meanwhile */
export function openAccount(t: Test, stacks: StandInStack[] = [], onAsk = (_stacks: StandInStack[]): void => {}) {
  const mocks = {
    autoScaling: mockClient(AutoScalingClient),
    beanstalk: mockClient(ElasticBeanstalkClient),
    cloudFormation: mockClient(CloudFormationClient),
    cloudFront: mockClient(CloudFrontClient),
    cloudWatch: mockClient(CloudWatchClient),
    dynamoDb: mockClient(DynamoDBClient),
    ec2: mockClient(EC2Client),
    iam: mockClient(IAMClient),
    logs: mockClient(CloudWatchLogsClient),
    quotas: mockClient(ServiceQuotasClient),
    s3: mockClient(S3Client),
    ses: mockClient(SESv2Client),
    sqs: mockClient(SQSClient),
    sts: mockClient(STSClient),
    tagging: mockClient(ResourceGroupsTaggingAPIClient),
  };
  for (const mock of Object.values(mocks) as unknown as Answering[]) mock.onAnyCommand().resolves({});
  t.teardown(() => {
    for (const mock of Object.values(mocks)) mock.restore();
  });
  mocks.sts.on(GetCallerIdentityCommand).resolves({ Account: account, Arn: `arn:aws:iam::${account}:user/ann` });

  const events: (Event & { readonly id: string })[] = [];
  const steps = new Map<StandInStack, ((stack: StandInStack) => void)[]>();

  function happen(...more: readonly Event[]): void {
    for (const event of more) events.unshift({ ...event, id: `event-${events.length}` });
  }

  function find(nameOrId: string): StandInStack {
    const found = stacks.find(
      ({ name, status }) => idOf(name) === nameOrId || (name === nameOrId && status !== "DELETE_COMPLETE"),
    );
    if (found === undefined) throw awsError("ValidationError", `Stack with id ${nameOrId} does not exist`);
    return found;
  }

  const describe = (stack: StandInStack) => ({
    StackName: stack.name,
    StackId: idOf(stack.name),
    StackStatus: stack.status as StackStatus,
    CreationTime: new Date(0),
    EnableTerminationProtection: stack.isProtected ?? false,
    Description: stack.description ?? "Turnout: registrations for Summit",
    Tags: stack.stage
      ? [
          { Key: "turnout:stack", Value: stack.name },
          { Key: "turnout:stage", Value: stack.stage },
        ]
      : [],
    Parameters: Object.entries(stack.parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
    Outputs: Object.entries(stack.outputs ?? {}).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  });

  mocks.cloudFormation
    .on(DescribeStacksCommand)
    .callsFake(({ StackName, ...asked }: Paged) => {
      onAsk(stacks);
      if (StackName === undefined) {
        const present = stacks.filter(({ status }) => status !== "DELETE_COMPLETE");
        return page("Stacks", present.map(describe), asked);
      }
      const stack = find(StackName);
      steps.get(stack)?.shift()?.(stack);
      return { Stacks: [describe(stack)] };
    })
    .on(ListStacksCommand)
    .callsFake((asked: Paged) => {
      const all = stacks.map(describe).map((one) => ({ ...one, TemplateDescription: one.Description }));
      return page("StackSummaries", all, asked);
    })
    .on(DescribeStackEventsCommand)
    .callsFake(({ StackName = "", ...asked }: Paged) => {
      onAsk(stacks);
      const { name } = find(StackName);
      const all = events
        .filter(({ stack }) => stack === name)
        .map(({ id, logicalId, type, status, reason }) => ({
          EventId: id,
          StackId: idOf(name),
          StackName: name,
          LogicalResourceId: logicalId,
          PhysicalResourceId: logicalId === name ? idOf(name) : `${logicalId}-id`,
          ResourceType: type ?? "AWS::CloudFormation::Stack",
          ResourceStatus: status,
          ResourceStatusReason: reason,
          Timestamp: new Date("2027-01-01T12:00:00Z"),
        }));
      return page("StackEvents", all, asked);
    })
    .on(ListStackResourcesCommand)
    .callsFake(({ StackName = "", ...asked }: Paged) => {
      onAsk(stacks);
      const all = (find(StackName).resources ?? []).map(({ logicalId, type, name, status }) => ({
        LogicalResourceId: logicalId,
        ResourceType: type,
        PhysicalResourceId: name,
        ResourceStatus: status ?? "CREATE_COMPLETE",
      }));
      return page("StackResourceSummaries", all, asked);
    })
    .on(GetTemplateCommand)
    .callsFake(({ StackName = "" }: { StackName?: string }) => {
      const resources = (find(StackName).resources ?? []).map(({ logicalId, type, policy }) => [
        logicalId,
        { Type: type, ...(policy && { DeletionPolicy: policy }) },
      ]);
      return { TemplateBody: JSON.stringify({ Resources: Object.fromEntries(resources) as unknown }) };
    })
    .on(UpdateTerminationProtectionCommand)
    .callsFake(({ StackName = "" }: { StackName?: string }) => {
      find(StackName).isProtected = false;
      return {};
    })
    .on(DeleteStackCommand)
    .callsFake(({ StackName = "" }: { StackName?: string }) => {
      const stack = find(StackName);
      if (stack.isProtected) throw awsError("ValidationError", "TerminationProtection is enabled");
      stack.status = "DELETE_IN_PROGRESS";
      steps.set(stack, [...(stack.steps ?? [() => {}, gone])]);
      return {};
    });

  const clients = createDeploymentClients({ region });
  t.teardown(() => clients.close());
  return { mocks, clients, happen, stacks };
}
