import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { ListDistributionsCommand, ListVpcOriginsCommand } from "@aws-sdk/client-cloudfront";
import { DeleteAlarmsCommand, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DeleteLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeTagsCommand,
} from "@aws-sdk/client-ec2";
import { DescribeApplicationsCommand, DescribeEnvironmentsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DeleteQueueCommand, ListQueuesCommand } from "@aws-sdk/client-sqs";
import t, { type Test } from "tap";
import type { Leftover, LookContext } from "../../../deploy/stack/leftover.ts";
import { looks } from "../../../deploy/stack/leftover-looks.ts";
import type { TracedResource, Traces } from "../../../deploy/stack/traces.ts";
import { synthesized } from "../../infra/templates.ts";
import { account, awsError, openAccount, type StandInStack } from "./account-stand-in.ts";

const stack = "summit-test";
const environment = "AWS::ElasticBeanstalk::Environment";

type Had = Omit<TracedResource, "logicalId">;

function open(t: Test, had: readonly Had[] = [], stacks: StandInStack[] = []) {
  const { clients, mocks } = openAccount(t, stacks);
  const resources = had.map((one) => ({ ...one, logicalId: "Any" }));
  const traces: Traces = { resources, environmentIds: ["e-abc"], neighbours: ["summit-test-two"] };
  const context: LookContext = { clients, stack, account, traces };
  async function find(what: RegExp): Promise<readonly Leftover[]> {
    const look = looks.find((one) => what.test(one.what));
    if (look === undefined) throw new Error(`There is no look at ${String(what)}`);
    return look.find(context);
  }
  return { mocks, find };
}

const names = (found: readonly Leftover[]) => found.map(({ kind, name }) => `${kind} ${name}`);

t.test("in an empty account no look finds anything", async (t) => {
  const { find } = open(t);
  for (const { what } of looks) t.same(await find(new RegExp(`^${what}$`)), [], what);
});

t.test("stacks by their tag: those that Elastic Beanstalk made, and not the stack itself", async (t) => {
  const { find } = open(
    t,
    [],
    [
      { name: stack, status: "DELETE_FAILED", stage: "test" },
      { name: "other", status: "CREATE_COMPLETE", stage: "test" },
    ],
  );
  t.same(await find(/^stacks/), []);
});

t.test("a table that was left by intent is told from one that was not, and from one on its way out", async (t) => {
  const { mocks, find } = open(t, [
    { type: "AWS::DynamoDB::GlobalTable", name: "summit-test-Registrations", status: "DELETE_SKIPPED" },
  ]);
  mocks.dynamoDb.on(ListTablesCommand).resolves({
    TableNames: [
      "summit-test-Registrations",
      "summit-test-Stray",
      "summit-test-Going",
      "summit-test-Gone",
      "summit-test-two-Registrations",
      "awseb-e-abc-stack-AWSEBWorkerCronLeaderRegistry-1",
      "awseb-e-xyz-stack-AWSEBWorkerCronLeaderRegistry-1",
    ],
  });
  mocks.dynamoDb
    .on(DescribeTableCommand)
    .resolves({ Table: { TableStatus: "ACTIVE" } })
    .on(DescribeTableCommand, { TableName: "summit-test-Going" })
    .resolves({ Table: { TableStatus: "DELETING" } })
    .on(DescribeTableCommand, { TableName: "summit-test-Gone" })
    .rejects(awsError("ResourceNotFoundException"));
  t.match(await find(/tables/), [
    { name: "summit-test-Registrations", state: "kept" },
    { name: "summit-test-Stray", state: "left" },
    { name: "awseb-e-abc-stack-AWSEBWorkerCronLeaderRegistry-1", state: "left" },
  ]);
  mocks.dynamoDb.on(DescribeTableCommand).rejects(awsError("AccessDeniedException"));
  await t.rejects(find(/tables/), { name: "AccessDeniedException" });
});

t.test("queues: the daemon's own is removed, those with registrations never are", async (t) => {
  const url = (name: string) => `https://sqs.eu-central-1.amazonaws.com/${account}/${name}`;
  const { mocks, find } = open(t, [
    { type: "AWS::SQS::Queue", name: url("summit-test-Queue"), status: "DELETE_SKIPPED" },
  ]);
  mocks.sqs
    .on(ListQueuesCommand, { QueueNamePrefix: "summit-test-" })
    .resolves({ QueueUrls: [url("summit-test-Queue"), url("summit-test-two-Queue")] })
    .on(ListQueuesCommand, { QueueNamePrefix: "awseb-e-abc" })
    .resolves({ QueueUrls: [url("awseb-e-abc-stack-AWSEBWorkerQueue-1")] });
  const [own, daemons, ...more] = await find(/queues/);
  t.match(own, { name: "summit-test-Queue", state: "kept" });
  t.equal(own?.remove, undefined);
  t.match(daemons, { name: "awseb-e-abc-stack-AWSEBWorkerQueue-1", state: "left" });
  t.same(more, []);
  await daemons?.remove?.();
  t.match(mocks.sqs.commandCalls(DeleteQueueCommand)[0]?.args[0].input, { QueueUrl: /awseb-e-abc/ });
});

t.test(
  "EC2 by tag, without what is listed for an hour after its end; only what is surely unused is removed",
  async (t) => {
    const { mocks, find } = open(t);
    const tag = (ResourceId: string, ResourceType: string) => ({ ResourceId, ResourceType: ResourceType as "vpc" });
    mocks.ec2
      .on(DescribeTagsCommand, { Filters: [{ Name: "tag:turnout:stack", Values: [stack] }] })
      .resolves({
        Tags: [
          tag("i-1", "instance"),
          tag("i-2", "instance"),
          tag("nat-1", "natgateway"),
          tag("vpc-1", "vpc"),
          tag("vol-1", "volume"),
        ],
      })
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ InstanceId: "i-1" }] }] })
      .on(DescribeNatGatewaysCommand)
      .resolves({ NatGateways: [{ NatGatewayId: "nat-1" }] });
    const found = await find(/^EC2/);
    t.same(names(found), ["EC2 instance i-2", "EC2 vpc vpc-1", "EC2 volume vol-1"]);
    t.same(
      found.map(({ remove }) => remove !== undefined),
      [false, false, true],
    );
    await found[2]?.remove?.();
    t.match(mocks.ec2.commandCalls(DeleteVolumeCommand)[0]?.args[0].input, { VolumeId: "vol-1" });
  },
);

t.test("log groups and alarms by what they are named after, removed on demand", async (t) => {
  const { mocks, find } = open(t, [{ type: environment, name: "summ-Plat-1", status: "DELETE_COMPLETE" }]);
  mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "/aws/elasticbeanstalk/summ-Plat-1/" })
    .resolves({ logGroups: [{ logGroupName: "/aws/elasticbeanstalk/summ-Plat-1/var/log/web.stdout.log" }] })
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "/aws/lambda/summit-test-" })
    .resolves({ logGroups: [{ logGroupName: "/aws/lambda/summit-test-AWS679" }] })
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "summit-test-" })
    .resolves({ logGroups: [{ logGroupName: "summit-test-two-Log" }] });
  mocks.cloudWatch
    .on(DescribeAlarmsCommand, { AlarmNamePrefix: "TargetTracking-awseb-e-abc" })
    .resolves({ MetricAlarms: [{ AlarmName: "TargetTracking-awseb-e-abc-stack-AlarmHigh" }] });
  const groups = await find(/log groups/);
  t.same(names(groups), [
    "log group /aws/lambda/summit-test-AWS679",
    "log group /aws/elasticbeanstalk/summ-Plat-1/var/log/web.stdout.log",
  ]);
  for (const { remove } of [...groups, ...(await find(/alarms/))]) await remove?.();
  t.equal(mocks.logs.commandCalls(DeleteLogGroupCommand).length, 2);
  t.equal(mocks.cloudWatch.commandCalls(DeleteAlarmsCommand).length, 1);
});

t.test("applications with their environments, groups, roles and profiles", async (t) => {
  const { mocks, find } = open(t);
  mocks.beanstalk
    .on(DescribeApplicationsCommand)
    .resolves({ Applications: [{ ApplicationName: "summit-test-App" }, { ApplicationName: "shop" }] })
    .on(DescribeEnvironmentsCommand)
    .resolves({ Environments: [{ EnvironmentName: "summ-Plat-1", Status: "Ready" }] });
  mocks.autoScaling
    .on(DescribeAutoScalingGroupsCommand)
    .resolves({ AutoScalingGroups: [{ AutoScalingGroupName: "awseb-e-abc" } as never] });
  mocks.iam
    .on(ListRolesCommand)
    .resolves({ Roles: [{ RoleName: "summit-test-RolesWeb" } as never, { RoleName: "Admin" } as never] })
    .on(ListInstanceProfilesCommand)
    .resolves({ InstanceProfiles: [{ InstanceProfileName: "summit-test-Profile" } as never] });
  t.same(names(await find(/applications/)), [
    "Elastic Beanstalk application summit-test-App",
    "Elastic Beanstalk environment summ-Plat-1",
  ]);
  t.same(names(await find(/groups, by tag/)), ["Auto Scaling group awseb-e-abc"]);
  t.same(names(await find(/IAM/)), ["IAM role summit-test-RolesWeb", "IAM instance profile summit-test-Profile"]);
});

t.test("CloudFront: distributions that the stack had, and VPC origins by the name that CDK gives them", async (t) => {
  const { mocks, find } = open(t, [{ type: "AWS::CloudFront::Distribution", name: "E1", status: "DELETE_FAILED" }]);
  const origin = (Name: string) => ({ Name }) as never;
  mocks.cloudFront
    .on(ListDistributionsCommand)
    .resolves({ DistributionList: { Items: [{ Id: "E1" } as never, { Id: "E2" } as never] } as never })
    .on(ListVpcOriginsCommand)
    .resolves({ VpcOriginList: { Items: [origin("shop")], NextMarker: "more" } as never })
    .on(ListVpcOriginsCommand, { Marker: "more" })
    .resolves({ VpcOriginList: { Items: [origin("summittestEdgeDistributionOrigin1")] } as never });
  t.same(names(await find(/CloudFront/)), [
    "CloudFront distribution E1",
    "CloudFront VPC origin summittestEdgeDistributionOrigin1",
  ]);
  const { main } = await synthesized();
  const made = Object.values(main.Resources).find(({ Type }) => Type === "AWS::CloudFront::VpcOrigin");
  t.match(made?.Properties["VpcOriginEndpointConfig"], { Name: /^turnouttestEdge/ }, "it is the name of the template");
});

t.test("what CloudFormation gave up on is told where no other look sees it", async (t) => {
  const { find } = open(t, [
    { type: "AWS::SecretsManager::Secret", name: "arn:secret", status: "DELETE_FAILED" },
    { type: "AWS::SNS::Topic", name: "arn:topic", status: "DELETE_COMPLETE" },
    { type: "AWS::DynamoDB::GlobalTable", name: "summit-test-T", status: "DELETE_SKIPPED" },
  ]);
  t.match(await find(/could not remove/), [{ kind: "AWS::SecretsManager::Secret", detail: /DELETE_FAILED/ }]);
});
