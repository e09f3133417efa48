import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CloudFrontClient, GetDistributionCommand } from "@aws-sdk/client-cloudfront";
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DescribeEnvironmentHealthCommand,
  DescribeEnvironmentResourcesCommand,
  DescribeEnvironmentsCommand,
  ElasticBeanstalkClient,
} from "@aws-sdk/client-elastic-beanstalk";
import { GetAccountCommand, GetEmailIdentityCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { createDeploymentClients } from "../../../deploy/stack/clients.ts";
import { alarmsOf, checkParts, checkStack, partsOf } from "../../../deploy/stack/stack-health.ts";
import { awsError, mailOutputs, outputs } from "./deployed-summit.ts";

const mocks = {
  autoScaling: mockClient(AutoScalingClient),
  beanstalk: mockClient(ElasticBeanstalkClient),
  cloudFront: mockClient(CloudFrontClient),
  cloudWatch: mockClient(CloudWatchClient),
  ses: mockClient(SESv2Client),
  sqs: mockClient(SQSClient),
  tables: mockClient(DynamoDBClient),
};
const clients = createDeploymentClients({ region: "eu-central-1" });
t.teardown(() => {
  clients.close();
  for (const mock of Object.values(mocks)) mock.restore();
});

/** Everything healthy, until a test says otherwise. */
t.beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  const instance = { InstanceId: "i-1", AvailabilityZone: "a", ProtectedFromScaleIn: false };
  mocks.autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({
    AutoScalingGroups: [
      {
        AutoScalingGroupName: "x",
        MinSize: 1,
        MaxSize: 8,
        DesiredCapacity: 1,
        DefaultCooldown: 60,
        AvailabilityZones: [],
        HealthCheckType: "EC2",
        CreatedTime: new Date(),
        Instances: [{ ...instance, LifecycleState: "InService", HealthStatus: "Healthy" }],
      },
    ],
  });
  mocks.beanstalk
    .on(DescribeEnvironmentsCommand)
    .resolves({ Environments: [{ Status: "Ready", Health: "Green", HealthStatus: "Ok", VersionLabel: "v1" }] });
  mocks.beanstalk.on(DescribeEnvironmentResourcesCommand).resolves({});
  mocks.beanstalk.on(DescribeEnvironmentHealthCommand).resolves({ Causes: ["100 % of requests fail"] });
  mocks.cloudFront.on(GetDistributionCommand).resolves({
    Distribution: { Status: "Deployed", DistributionConfig: { Enabled: true } } as never,
  });
  mocks.cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: "old", StateValue: "OK" }] });
  mocks.cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: [
      { Id: "web", Values: [41.4, 40] },
      { Id: "worker", Values: [33] },
    ],
  });
  mocks.sqs.on(GetQueueAttributesCommand).resolves({
    Attributes: {
      ApproximateNumberOfMessages: "4",
      RedrivePolicy: `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:summit-dead-letters","maxReceiveCount":10}`,
    },
  });
  mocks.tables
    .on(DescribeTableCommand)
    .resolves({ Table: { TableStatus: "ACTIVE", WarmThroughput: { WriteUnitsPerSecond: 4_000 } } });
});

const check = (alarmNames: readonly string[] = ["old"]) =>
  checkParts({ clients, stack: "summit-test", outputs, alarmNames, signal: new AbortController().signal });
const stack = {
  name: "summit-test",
  id: "arn",
  status: "CREATE_COMPLETE",
  reason: "",
  isProtected: false,
  stage: "test",
  description: "Turnout: registrations for Summit",
  outputs,
};
const resource = (LogicalResourceId: string, ResourceStatus: string, ResourceType = "AWS::SQS::Queue") =>
  ({ LogicalResourceId, ResourceStatus, ResourceType, PhysicalResourceId: LogicalResourceId.toLowerCase() }) as never;

t.test("a stack with all its resources is in place", async (t) => {
  const checks = checkStack(stack, [resource("Queue", "CREATE_COMPLETE"), resource("Table", "UPDATE_COMPLETE")]);
  t.match(checks, [{ status: "ok" }, { status: "ok", found: "all 2 are in place" }]);
  t.equal(partsOf(stack), outputs);
});

t.test("incomplete, rolled back and changing stacks are reported with what to do", async (t) => {
  const of = (status: string, reason = "") => checkStack({ ...stack, status, reason }, [])[0];
  t.match(of("ROLLBACK_COMPLETE"), { status: "failed", todo: /npm run destroy/ });
  t.match(of("DELETE_FAILED", "in use"), { status: "failed", found: "DELETE_FAILED: in use", todo: /half removed/ });
  t.match(of("UPDATE_ROLLBACK_COMPLETE"), { status: "failed", todo: /failed and was rolled back/ });
  t.match(of("UPDATE_IN_PROGRESS"), { status: "failed", todo: /Wait/ });
  const { Url: _, ...rest } = outputs;
  t.equal(partsOf({ ...stack, outputs: rest }), undefined);
});

t.test("incomplete resources are named, the first five", async (t) => {
  const many = Array.from({ length: 7 }, (_, index) => resource(`R${index}`, "DELETE_FAILED"));
  const [, resources] = checkStack(stack, [resource("Queue", "CREATE_COMPLETE"), ...many]);
  t.match(resources, { status: "failed", found: /^7 of 8 are not in place: R0 is DELETE_FAILED; .*, and 2 more$/ });
  t.match(checkStack(stack, [])[1], { status: "failed", found: /none/ });
});

t.test("the stack's alarms are those in its template", async (t) => {
  const alarm = resource("Old", "CREATE_COMPLETE", "AWS::CloudWatch::Alarm");
  t.strictSame(alarmsOf([alarm, resource("Queue", "CREATE_COMPLETE")]), ["old"]);
});

t.test("parts that all work pass, each by name", async (t) => {
  const checks = await check();
  t.strictSame(
    checks.filter(({ status }) => status !== "ok"),
    [],
  );
  t.strictSame(
    checks.map(({ name }) => name),
    [
      "web environment",
      "worker environment",
      "web instances",
      "worker instances",
      "queue",
      "dead-letter queue",
      "registrations table",
      "dead-letters table",
      "outcomes table",
      "activity table",
      "controls table",
      "distribution",
      "web figures",
      "worker figures",
      "alarms",
    ],
  );
});

t.test("the parts of mail are checked where there is mail", async (t) => {
  mocks.ses.on(GetAccountCommand).resolves({ SendingEnabled: true, ProductionAccessEnabled: true });
  mocks.ses.on(GetEmailIdentityCommand).resolves({
    VerifiedForSendingStatus: true,
    DkimAttributes: { Status: "SUCCESS", SigningEnabled: true },
  });
  const { signal } = new AbortController();
  const mailing = { ...outputs, ...mailOutputs };
  const all = await checkParts({ clients, stack: "summit-test", outputs: mailing, alarmNames: ["old"], signal });
  const usual = new Set((await check()).map(({ name }) => name));
  t.match(
    all.filter(({ name }) => !usual.has(name)),
    [
      {
        name: "mail queue",
        status: "failed",
        found: /do not go to summit-mails-dead-letters/,
        todo: /construct Mail /,
      },
      { name: "mails' dead-letter queue", status: "ok" },
      { name: "mails table", status: "ok" },
      { name: "mail account", status: "ok" },
      { name: "mail quota", status: "ok" },
      { name: "mail identity", status: "ok" },
    ],
  );
});

t.test("each part that does not work is found, with AWS's reason", async (t) => {
  mocks.beanstalk
    .on(DescribeEnvironmentsCommand, { EnvironmentNames: ["summit-worker"] })
    .resolves({ Environments: [{ Status: "Ready", Health: "Red", HealthStatus: "Severe" }] })
    .on(DescribeEnvironmentsCommand, { EnvironmentNames: ["summit-web"] })
    .resolves({ Environments: [] });
  mocks.autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
  mocks.beanstalk.on(DescribeEnvironmentResourcesCommand).resolves({});
  mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: {} });
  mocks.tables.on(DescribeTableCommand).rejects(awsError("ResourceNotFoundException", "no such table"));
  mocks.cloudFront.on(GetDistributionCommand).resolves({
    Distribution: { Status: "InProgress", DistributionConfig: { Enabled: true } } as never,
  });
  mocks.cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: "old", StateValue: "ALARM" }] });
  const found = new Map((await check()).map((one) => [one.name, one]));
  t.match(found.get("web environment"), { status: "failed", found: /does not exist/ });
  t.match(found.get("worker environment"), { status: "failed", found: /health Severe: 100 % of requests fail/ });
  t.match(found.get("web instances"), { status: "failed", todo: /removed it by hand.*--revert-drift/ });
  t.match(found.get("queue"), { status: "failed", found: /do not go to summit-dead-letters/ });
  t.match(found.get("dead-letter queue"), { status: "ok" });
  t.match(found.get("registrations table"), { status: "failed", found: /no such table/ });
  t.match(found.get("distribution"), { status: "failed", found: /InProgress/ });
  t.match(found.get("alarms"), { status: "failed", found: "in ALARM: old" });
  t.match(await check(["old", "gone"]).then((checks) => checks.at(-1)), { status: "failed", found: /^gone/ });
  t.match(await check([]).then((checks) => checks.at(-1)), { status: "failed", found: /has none/ });
});

t.test("a group without a healthy instance has failed", async (t) => {
  mocks.autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({
    AutoScalingGroups: [{ MinSize: 1, MaxSize: 8, DesiredCapacity: 1, Instances: [] } as never],
  });
  const instances = (await check()).filter(({ name }) => name.endsWith("instances"));
  t.match(instances, [{ status: "failed", found: "0 in service of 1 wanted, from 1 to 8" }, { status: "failed" }]);
});

t.test("a table being changed and a denied or throttled call are unknown", async (t) => {
  mocks.tables.on(DescribeTableCommand).resolves({ Table: { TableStatus: "UPDATING" } });
  mocks.cloudFront.on(GetDistributionCommand).rejects(awsError("AccessDenied", "cloudfront:GetDistribution"));
  mocks.beanstalk.on(DescribeEnvironmentsCommand).rejects(awsError("Throttling"));
  const open = (await check()).filter(({ status }) => status === "unknown").map(({ name }) => name);
  t.strictSame(open, [
    "web environment",
    "worker environment",
    "registrations table",
    "dead-letters table",
    "outcomes table",
    "activity table",
    "controls table",
    "distribution",
  ]);
});

t.test("a distribution that does not exist has failed, and is not unknown", async (t) => {
  mocks.cloudFront.on(GetDistributionCommand).rejects(awsError("NoSuchDistribution", "The distribution is gone", 404));
  const found = (await check()).find(({ name }) => name === "distribution");
  t.match(found, { status: "failed", found: /NoSuchDistribution/ });
});

t.test("a rebuilt environment's group is not the one that the stack knows: deploying again asks for it", async (t) => {
  mocks.beanstalk
    .on(DescribeEnvironmentResourcesCommand, { EnvironmentName: outputs.WorkerEnvironment })
    .resolves({ EnvironmentResources: { AutoScalingGroups: [{ Name: "rebuilt-group" }] } });
  const found = new Map((await check()).map((one) => [one.name, one]));
  t.match(found.get("worker instances"), {
    status: "failed",
    found: /rebuilt-group.*summit-worker-group/,
    todo: /rebuilt.*npm run deploy notices/,
  });
  t.match(found.get("web instances"), { status: "ok" });
});

t.test("a tier whose figures do not reach CloudWatch is found, whatever the other's do", async (t) => {
  mocks.cloudWatch
    .on(GetMetricDataCommand)
    .resolves({ MetricDataResults: [{ Id: "web", Values: [41.4] }, { Id: "worker" }] });
  const found = new Map((await check()).map((one) => [one.name, one]));
  t.match(found.get("web figures"), { status: "ok", found: /memory in use 41 %/ });
  t.match(found.get("worker figures"), { status: "failed", todo: /with the action/ });
  const [asked] = mocks.cloudWatch.commandCalls(GetMetricDataCommand);
  t.match(asked?.args[0].input.MetricDataQueries, [
    {
      MetricStat: {
        Metric: {
          Namespace: "Turnout",
          MetricName: "turnout_web_memory_used_percent",
          Dimensions: [{ Name: "Stack", Value: "summit-test" }],
        },
      },
    },
    { MetricStat: { Metric: { MetricName: "turnout_worker_memory_used_percent" } } },
  ]);
});
