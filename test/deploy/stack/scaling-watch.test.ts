import {
  AutoScalingClient,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
} from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, DescribeAlarmHistoryCommand, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeEventsCommand, ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { mockClient } from "aws-sdk-client-mock";
import t from "tap";
import { createDeploymentClients } from "../../../deploy/stack/clients.ts";
import { createScalingWatch } from "../../../deploy/stack/scaling-watch.ts";
import { awsError, outputs } from "./deployed-summit.ts";

const mocks = {
  autoScaling: mockClient(AutoScalingClient),
  beanstalk: mockClient(ElasticBeanstalkClient),
  cloudWatch: mockClient(CloudWatchClient),
};
const clients = createDeploymentClients({ region: "eu-central-1" });
t.teardown(() => {
  clients.close();
  for (const mock of Object.values(mocks)) mock.restore();
});

const since = Date.parse("2027-03-01T09:00:00Z");
const minute = (count: number) => new Date(since + count * 60_000);
const rising = "TargetTracking-summit-worker-group-AlarmHigh-1";

t.beforeEach(() => {
  for (const mock of Object.values(mocks)) {
    mock.reset();
    mock.resolves({});
  }
  mocks.autoScaling
    .on(DescribePoliciesCommand, { AutoScalingGroupName: "summit-worker-group" })
    .resolves({ ScalingPolicies: [{ Alarms: [{ AlarmName: rising }, { AlarmName: rising.replace("High", "Low") }] }] });
  mocks.cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: [
      { Id: "acceptedPerSecond", Timestamps: [minute(1), minute(0)], Values: [6_000, 0] },
      { Id: "messages", Timestamps: [minute(1)], Values: [1_500] },
      { Id: "workerInstances", Timestamps: [minute(1)], Values: [1] },
    ],
  });
});

function watch() {
  let now = since;
  const watching = createScalingWatch({
    clients,
    stack: "summit-test",
    parts: {
      queueUrl: outputs.QueueUrl,
      groups: { web: outputs.WebGroup, worker: outputs.WorkerGroup },
      environments: { web: outputs.WebEnvironment, worker: outputs.WorkerEnvironment },
    },
    since,
    wallClock: () => now,
  });
  return { watching, to: (count: number) => (now = since + count * 60_000) };
}

t.test("a minute is told when it is whole, and once; what follows from it, with it", async (t) => {
  const { watching, to } = watch();
  t.strictSame((await watching.look()).samples, []);
  to(4);
  const { samples, events } = await watching.look();
  t.match(samples, [
    { at: minute(0).toISOString(), acceptedPerSecond: 0, messages: null },
    { at: minute(1).toISOString(), acceptedPerSecond: 100, messages: 1_500, workerInstances: 1 },
  ]);
  t.equal(samples.length, 2);
  t.match(events, [{ kind: "step" }, { kind: "metric", of: "worker" }]);
  const again = await watching.look();
  t.strictSame([again.samples, again.events], [[], []]);
  const [asked] = mocks.cloudWatch.commandCalls(GetMetricDataCommand);
  const metrics = asked?.args[0].input.MetricDataQueries?.map(({ MetricStat }) => MetricStat?.Metric);
  t.match(metrics?.[0], { Namespace: "Turnout", Dimensions: [{ Name: "Stack", Value: "summit-test" }] });
  t.match(metrics?.[1], { Namespace: "AWS/SQS", Dimensions: [{ Name: "QueueName", Value: "summit-queue" }] });
});

t.test("alarms, decisions, instances and the environment's events make up the chain", async (t) => {
  mocks.cloudWatch
    .on(DescribeAlarmHistoryCommand, { AlarmName: rising })
    .resolves({ AlarmHistoryItems: [{ Timestamp: minute(3), HistorySummary: "Alarm updated from OK to ALARM" }] })
    .on(DescribeAlarmHistoryCommand, { AlarmName: rising.replace("High", "Low") })
    .resolves({ AlarmHistoryItems: [{ Timestamp: minute(3), HistorySummary: "Alarm updated from OK to ALARM" }] });
  const cause = `At 2027-03-01T09:03:10Z a monitor alarm ${rising} in state ALARM triggered policy x changing the desired capacity from 1 to 2.  At 2027-03-01T09:03:20Z an instance was started.`;
  const activity = { AutoScalingGroupName: "x", Cause: cause, StartTime: minute(4) };
  mocks.autoScaling.on(DescribeScalingActivitiesCommand, { AutoScalingGroupName: "summit-worker-group" }).resolves({
    Activities: [
      {
        ...activity,
        ActivityId: "1",
        Description: "Launching a new EC2 instance: i-0a",
        StatusCode: "Successful",
        EndTime: minute(6),
      },
      {
        ...activity,
        ActivityId: "2",
        Description: "Launching a new EC2 instance: i-0b",
        StatusCode: "Failed",
        StatusMessage: "no capacity",
      },
      { ...activity, ActivityId: "3", Description: "Terminating EC2 instance: i-0c", StatusCode: "InProgress" },
      {
        ...activity,
        ActivityId: "0",
        Description: "Launching a new EC2 instance: i-00",
        StatusCode: "Successful",
        StartTime: minute(-9),
      },
    ],
  });
  mocks.beanstalk.on(DescribeEventsCommand, { EnvironmentName: "summit-worker" }).resolves({
    Events: [{ EventDate: minute(6), Severity: "WARN", Message: "Environment health has transitioned" }],
  });
  const { watching, to } = watch();
  to(7);
  const { events } = await watching.look();
  t.match(
    events.map(({ kind, what }) => [kind, what]),
    [
      ["step", /rises/],
      ["metric", /messages wait by worker/],
      ["alarm", /AlarmHigh-1: from OK to ALARM/],
      ["calm", /AlarmLow/],
      ["decision", /i-0a, since a monitor alarm .* from 1 to 2$/],
      ["failure", /i-0b: no capacity/],
      ["shrink", /i-0c/],
      ["in service", /i-0a/],
      ["environment", /^WARN: Environment health/],
    ],
  );
  t.match(watching.record().chains, [
    {
      tier: "worker",
      instance: "i-0a",
      step: minute(1).toISOString(),
      metric: minute(1).toISOString(),
      alarm: minute(3).toISOString(),
      decision: minute(4).toISOString(),
      inService: minute(6).toISOString(),
      drained: null,
    },
  ]);
  t.equal(events.length, 9, "what was before the watch is not told");
});

t.test("who does not answer is told once, and the others go on", async (t) => {
  mocks.beanstalk.on(DescribeEventsCommand).rejects(awsError("AccessDenied", "elasticbeanstalk:DescribeEvents"));
  const { watching, to } = watch();
  to(4);
  const first = await watching.look();
  t.match(first.faults, [/events of the web environment: .*elasticbeanstalk:DescribeEvents/, /worker environment/]);
  t.equal(first.samples.length, 2);
  t.strictSame((await watching.look()).faults, []);
});

t.test("where nobody answers there is nothing to watch; later, it may pass", async (t) => {
  for (const mock of Object.values(mocks)) mock.reset();
  for (const mock of Object.values(mocks)) mock.rejects(awsError("AccessDenied", "denied"));
  await t.rejects(watch().watching.look(), { name: "AccessDenied" });
  for (const mock of Object.values(mocks)) mock.reset();
  for (const mock of Object.values(mocks)) mock.resolves({});
  const { watching } = watch();
  await watching.look();
  for (const mock of Object.values(mocks)) mock.rejects(awsError("Throttling", "Rate exceeded"));
  t.ok((await watching.look()).faults.every((fault) => fault.includes("Rate exceeded")));
});
