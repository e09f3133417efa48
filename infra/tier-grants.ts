/**
 * What each tier may do, as data. `code` is what the tier's own source calls: a test reads the source and holds the two
 * together, both ways. `platform` is what Elastic Beanstalk runs on the same instance. AWS's ready-made policies for the
 * tiers are not used: they allow every queue of the account.
 */
import type { Stack } from "aws-cdk-lib";
import type { Data } from "./data.ts";
import type { Grant } from "./grants.ts";

/** Namespace in which Elastic Beanstalk's daemon on the worker tier reports its own health. */
export const daemonNamespace = "ElasticBeanstalk/SQSD";

const namedByBeanstalk =
  "Elastic Beanstalk chooses the rest of the name when it makes the environment, after this role.";

export function webCode({ queue, registrations, deadLetters }: Data): readonly Grant[] {
  return [
    { sid: "Accept", actions: ["sqs:SendMessage", "sqs:GetQueueAttributes"], resources: [queue.queueArn] },
    { sid: "Status", actions: ["dynamodb:BatchGetItem"], resources: [registrations.tableArn, deadLetters.tableArn] },
  ];
}

export function workerCode({ queue, deadLetterQueue, registrations, deadLetters }: Data): readonly Grant[] {
  return [
    {
      sid: "Drain",
      actions: [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
      ],
      resources: [queue.queueArn, deadLetterQueue.queueArn],
    },
    {
      sid: "Store",
      actions: ["dynamodb:PartiQLInsert", "dynamodb:BatchGetItem"],
      resources: [registrations.tableArn],
    },
    {
      sid: "Record",
      actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      resources: [deadLetters.tableArn],
    },
  ];
}

export interface PlatformNames {
  /** Name of the Elastic Beanstalk application. */
  readonly applicationName: string;
  readonly receiptKeysArn: string;
}

export function webPlatform(stack: Stack, { applicationName, receiptKeysArn }: PlatformNames): readonly Grant[] {
  return [
    ...instancePlatform(stack, applicationName),
    { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: [receiptKeysArn] },
  ];
}

/** The daemon has a queue of its own, which only carries the posts of cron.yaml, and a table to elect who posts them. */
export function workerPlatform(stack: Stack, { applicationName }: PlatformNames): readonly Grant[] {
  const leaderTable = stack.formatArn({
    service: "dynamodb",
    resource: "table",
    resourceName: "awseb-e-*-stack-AWSEBWorkerCronLeaderRegistry*",
  });
  return [
    ...instancePlatform(stack, applicationName),
    {
      sid: "DaemonQueue",
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:SendMessage"],
      resources: [stack.formatArn({ service: "sqs", resource: "awseb-e-*" })],
      why: namedByBeanstalk,
    },
    {
      sid: "DaemonLeader",
      actions: [
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
      ],
      resources: [leaderTable],
      why: namedByBeanstalk,
    },
    {
      sid: "DaemonHealth",
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      conditions: { StringEquals: { "cloudwatch:namespace": daemonNamespace } },
      why: "CloudWatch has no resource to name here; the condition names the only namespace that may be written.",
    },
  ];
}

/** What every instance of Elastic Beanstalk needs: its bundle, a place for its logs, a voice for its health. */
function instancePlatform(stack: Stack, applicationName: string): readonly Grant[] {
  const { partition, region, account } = stack;
  const beanstalk = (resource: string, resourceName: string) =>
    stack.formatArn({ service: "elasticbeanstalk", resource, resourceName });
  return [
    {
      sid: "BundleAndLogs",
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
      resources: [`arn:${partition}:s3:::elasticbeanstalk-${region}-${account}/resources/environments/*`],
      why: "Elastic Beanstalk's own bucket, below its own folder; the environments' ids in it are not known before.",
    },
    {
      sid: "Health",
      actions: ["elasticbeanstalk:PutInstanceStatistics"],
      resources: [beanstalk("application", applicationName), beanstalk("environment", `${applicationName}/*`)],
      why: "This application only; its environments are named when they are made, after this role.",
    },
    {
      sid: "LogStreams",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups"],
      resources: [`arn:${partition}:logs:${region}:${account}:log-group:/aws/elasticbeanstalk/*`],
      why: namedByBeanstalk,
    },
  ];
}
