/** The AWS clients for deploying, inspecting and removing a stack, all for one account and region; and which account it is. */
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
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
import { plainClientOptions, type StackLocation } from "../../terminal/stack-outputs.ts";

/** Where a deployment is; what is left out, the SDK finds by itself. */
export type Place = Omit<StackLocation, "stack">;

/** CloudFormation throttles early, and here a slow answer is better than none. */
const maxAttempts = 8;

/** The only region whose firewalls CloudFront accepts. */
export const firewallRegion = "us-east-1";

export interface DeploymentClients extends ReturnType<typeof makeClients> {
  /** CloudFormation where the firewall's stack is. */
  readonly firewalls: CloudFormationClient;
  /** The tag index of global services. */
  readonly globalTagging: ResourceGroupsTaggingAPIClient;
  /** Ends them all. Safe to call twice. */
  close(): void;
}

function makeClients(options: ReturnType<typeof plainClientOptions>) {
  return {
    autoScaling: new AutoScalingClient(options),
    beanstalk: new ElasticBeanstalkClient(options),
    cloudFormation: new CloudFormationClient(options),
    cloudFront: new CloudFrontClient(options),
    cloudWatch: new CloudWatchClient(options),
    dynamoDb: new DynamoDBClient(options),
    ec2: new EC2Client(options),
    iam: new IAMClient(options),
    logs: new CloudWatchLogsClient(options),
    quotas: new ServiceQuotasClient(options),
    s3: new S3Client(options),
    ses: new SESv2Client(options),
    sqs: new SQSClient(options),
    sts: new STSClient(options),
    tagging: new ResourceGroupsTaggingAPIClient(options),
  };
}

export function createDeploymentClients(place: Place): DeploymentClients {
  const options = { ...plainClientOptions(place), maxAttempts };
  const clients = makeClients(options);
  const firewalls = new CloudFormationClient({ ...options, region: firewallRegion });
  const globalTagging = new ResourceGroupsTaggingAPIClient({ ...options, region: firewallRegion });
  return {
    ...clients,
    firewalls,
    globalTagging,
    close() {
      for (const client of [...Object.values(clients), firewalls, globalTagging]) client.destroy();
    },
  };
}

export interface Account {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** ARN of whoever asks. */
  readonly identity: string;
}

/** @throws the SDK's error without a region or valid credentials; no permission is needed for the question */
export async function readAccount({ sts }: Pick<DeploymentClients, "sts">): Promise<Account> {
  const region = await sts.config.region();
  const { Account: account = "", Arn: identity = "" } = await sts.send(new GetCallerIdentityCommand({}));
  return { account, region, identity };
}
