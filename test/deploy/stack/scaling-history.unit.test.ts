import {
  AutoScalingClient,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
} from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, DescribeAlarmHistoryCommand, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { createDeploymentClients } from "../../../deploy/stack/clients.ts";
import {
  chainsOf,
  createScalingHistory,
  eventsOfSamples,
  isShrunk,
  removalsOf,
} from "../../../deploy/stack/scaling-history.ts";
import type { ScalingEvent, ScalingSample } from "../../../deploy/stack/scaling-report.ts";
import { awsError, outputs } from "./deployed-summit.ts";

const mocks = { autoScaling: mockClient(AutoScalingClient), cloudWatch: mockClient(CloudWatchClient) };
const clients = createDeploymentClients({ region: "eu-central-1" });
t.teardown(() => {
  clients.close();
  for (const mock of Object.values(mocks)) mock.restore();
});

const since = Date.parse("2027-03-01T09:00:00Z");
const minute = (count: number) => new Date(since + count * 60_000);
const at = (count: number) => minute(count).toISOString();
const rising = "TargetTracking-summit-worker-group-AlarmHigh-1";
const falling = rising.replace("High", "Low");

t.beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset().resolves({});
  mocks.autoScaling
    .on(DescribePoliciesCommand, { AutoScalingGroupName: "summit-worker-group" })
    .resolves({ ScalingPolicies: [{ Alarms: [{ AlarmName: rising }, { AlarmName: falling }] }] });
  mocks.cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: [
      { Id: "acceptedPerSecond", Timestamps: [minute(1), minute(0)], Values: [6_000, 0] },
      { Id: "messages", Timestamps: [minute(1)], Values: [1_500] },
      { Id: "webMemoryPercent", Timestamps: [minute(1)], Values: [41.5] },
      { Id: "workerBytesOutPerSecond", Timestamps: [minute(1)], Values: [6_000_000] },
    ],
  });
});

function open() {
  let now = since;
  const groups = { web: outputs.WebGroup, worker: outputs.WorkerGroup };
  const options = { clients, stack: "summit-test", queueUrl: outputs.QueueUrl, groups, since, wallClock: () => now };
  const read = createScalingHistory(options);
  return (count: number) => {
    now = since + count * 60_000;
    return read();
  };
}

t.test("a minute is a sample once its figures are complete, three minutes after it began", async (t) => {
  const read = open();
  t.strictSame((await read(2)).samples, []);
  const { samples } = await read(4);
  t.match(samples, [
    { at: at(0), acceptedPerSecond: 0, messages: null },
    { at: at(1), acceptedPerSecond: 100, messages: 1_500, webMemoryPercent: 41.5, workerBytesOutPerSecond: 100_000 },
  ]);
  t.equal(samples.length, 2);
  const [asked] = mocks.cloudWatch.commandCalls(GetMetricDataCommand);
  const metrics = asked?.args[0].input.MetricDataQueries?.map(({ MetricStat }) => MetricStat?.Metric);
  t.match(metrics?.[0], { Namespace: "Turnout", Dimensions: [{ Name: "Stack", Value: "summit-test" }] });
  t.match(metrics?.[1], { Namespace: "AWS/SQS", Dimensions: [{ Name: "QueueName", Value: "summit-queue" }] });
  const shown = metrics?.map((metric) => `${metric?.MetricName} ${metric?.Dimensions?.[0]?.Value}`) ?? [];
  for (const tier of ["web", "worker"]) {
    for (const name of ["CPUUtilization", "NetworkIn", "NetworkOut"])
      t.ok(shown.includes(`${name} summit-${tier}-group`), `${name} of ${tier}`);
    t.ok(shown.includes(`turnout_${tier}_memory_used_percent summit-test`), `memory of ${tier}`);
  }
});

const idle: Omit<ScalingSample, "at"> = {
  acceptedPerSecond: null,
  messages: null,
  inFlight: null,
  oldestAgeSeconds: null,
  webInstances: 2,
  workerInstances: 1,
  webCpuPercent: null,
  workerCpuPercent: null,
  webMemoryPercent: null,
  workerMemoryPercent: null,
  webBytesInPerSecond: null,
  webBytesOutPerSecond: null,
  workerBytesInPerSecond: null,
  workerBytesOutPerSecond: null,
};

function minutes(figures: readonly Partial<ScalingSample>[]): ScalingSample[] {
  return figures.map((some, count) => ({ at: at(count), ...idle, ...some }));
}

t.test("a step is a change of the load that is no noise, up or down", async (t) => {
  const load = [0, 100, 104, 96, null, 200, 0].map((acceptedPerSecond) => ({ acceptedPerSecond }));
  const events = eventsOfSamples(minutes(load));
  t.match(events, [
    { at: at(1), what: "the load rises from 0 to 100/s" },
    { at: at(5), what: "the load rises from 100 to 200/s" },
    { at: at(6), what: "the load falls from 200 to 0/s" },
  ]);
  t.equal(events.length, 3);
});

t.test("drained is a queue that held something and holds nothing, neither waiting nor in flight", async (t) => {
  const queue = [
    { messages: 0, inFlight: 0 },
    { messages: 5, inFlight: 0 },
    { messages: 0, inFlight: 3 },
    { messages: null },
    { messages: 0, inFlight: 0 },
    { messages: 0, inFlight: 0 },
  ];
  t.match(eventsOfSamples(minutes(queue)), [{ at: at(4), of: "queue", kind: "drained" }]);
});

/** As CloudWatch records it: https://docs.aws.amazon.com/cli/latest/reference/cloudwatch/describe-alarm-history.html */
const HistoryData = JSON.stringify({
  version: "1.0",
  newState: {
    stateValue: "ALARM",
    stateReason: "Threshold Crossed: 3 datapoints were greater than the threshold (600.0).",
    stateReasonData: { version: "1.0", startDate: "2027-03-01T09:01:00.000+0000", threshold: 600 },
  },
});

t.test("alarms and activities make up the chain, from the step to the instance in service", async (t) => {
  const rings = { Timestamp: minute(3), HistorySummary: "Alarm updated from OK to ALARM" };
  mocks.cloudWatch
    .on(DescribeAlarmHistoryCommand, { AlarmName: rising })
    .resolves({ AlarmHistoryItems: [{ ...rings, HistoryData }] })
    .on(DescribeAlarmHistoryCommand, { AlarmName: falling })
    .resolves({ AlarmHistoryItems: [{ ...rings, HistoryData }] });
  const Cause = `At 2027-03-01T09:03:10Z a monitor alarm ${rising} in state ALARM triggered policy x changing the desired capacity from 1 to 2.  At 2027-03-01T09:03:20Z an instance was started.`;
  const activity = (ActivityId: string, Description: string, StatusCode: string, StartTime = minute(4)) => ({
    ActivityId,
    Description,
    StatusCode: StatusCode as "Failed",
    StartTime,
    Cause,
    AutoScalingGroupName: "x",
  });
  mocks.autoScaling.on(DescribeScalingActivitiesCommand, { AutoScalingGroupName: "summit-worker-group" }).resolves({
    Activities: [
      { ...activity("1", "Launching a new EC2 instance: i-0a", "Successful"), EndTime: minute(6) },
      { ...activity("2", "Launching a new EC2 instance: i-0b", "Failed"), StatusMessage: "no capacity" },
      activity("3", "Terminating EC2 instance: i-0c", "InProgress"),
      activity("0", "Launching a new EC2 instance: i-00", "Successful", minute(-9)),
    ],
    NextToken: "never asked for",
  });
  const { events, chains } = await open()(7);
  t.match(
    events.map(({ kind, what }) => [kind, what]),
    [
      ["step", /rises/],
      ["metric", /AlarmHigh-1: Threshold Crossed: 3 datapoints/],
      ["alarm", /AlarmHigh-1: from OK to ALARM/],
      ["low alarm", /AlarmLow/],
      ["decision", /i-0a, since a monitor alarm .* from 1 to 2$/],
      ["failure", /i-0b: no capacity/],
      ["shrink", /i-0c/],
      ["in service", /i-0a/],
    ],
  );
  t.equal(events.length, 8, "nothing from before the beginning");
  const links = { step: at(1), metric: at(1), alarm: at(3), decision: at(4), inService: at(6), drained: null };
  t.strictSame(chains, [{ tier: "worker", instance: "i-0a", ...links }]);
});

const cause = "a monitor alarm high in state ALARM triggered policy x";
const grown: ScalingEvent[] = [
  { at: at(1), of: "load", kind: "step", what: "the load rises from 0 to 100/s" },
  { at: at(2), of: "worker", kind: "metric", what: "high: x" },
  { at: at(4), of: "worker", kind: "alarm", what: "high: x" },
  { at: at(5), of: "worker", kind: "decision", what: `Launching i-1, since ${cause}`, instance: "i-1" },
  { at: at(8), of: "worker", kind: "in service", what: "x", instance: "i-1" },
  { at: at(12), of: "queue", kind: "drained", what: "x" },
];

t.test("a link that is not there is null, never that of another alarm or instance", async (t) => {
  const links = { step: at(1), metric: at(2), alarm: at(4), decision: at(5), inService: at(8), drained: at(12) };
  t.match(chainsOf(grown), [links]);
  const other = grown.map((event) => ({ ...event, what: event.what.replace("high:", "age:") }));
  t.match(chainsOf(other), [{ ...links, alarm: null, metric: null }], "of an alarm that the decision does not name");
  const schedule: ScalingEvent = {
    at: at(0),
    of: "web",
    kind: "decision",
    what: "a scheduled action",
    instance: "i-2",
  };
  t.match(chainsOf([schedule, ...grown])[0], {
    instance: "i-2",
    step: null,
    metric: null,
    alarm: null,
    inService: null,
  });
});

const low = "TargetTracking-summit-worker-group-AlarmLow-1";
const shrunk: ScalingEvent[] = [
  ...grown,
  { at: at(20), of: "load", kind: "step", what: "the load falls from 100 to 0/s" },
  { at: at(35), of: "worker", kind: "low alarm", what: `${low}: from OK to ALARM` },
  {
    at: at(36),
    of: "worker",
    kind: "shrink",
    what: `Terminating i-1, since a monitor alarm ${low} in state ALARM triggered policy x`,
    instance: "i-1",
  },
];
const gone: ScalingEvent = { at: at(38), of: "worker", kind: "gone", what: "i-1 is gone", instance: "i-1" };

t.test("each instance that is taken away has its own way: the load falls, a low alarm, a decision, gone", async (t) => {
  const links = { tier: "worker", instance: "i-1", step: at(20), alarm: at(35), decision: at(36) };
  t.strictSame(removalsOf(shrunk), [{ ...links, gone: null }]);
  t.strictSame(removalsOf([...shrunk, gone]), [{ ...links, gone: at(38) }]);
  const byHand = shrunk.map((event) => (event.kind === "shrink" ? { ...event, what: "Terminating i-1" } : event));
  t.match(removalsOf(byHand), [{ alarm: null, decision: at(36) }], "no alarm that the decision does not name");
});

t.test("shrunk is when all that was added is gone, in each tier, and not before anything was added", async (t) => {
  t.notOk(isShrunk([]));
  t.notOk(isShrunk([gone]), "what was there before does not count");
  t.notOk(isShrunk(grown));
  t.notOk(isShrunk(shrunk), "it is being taken away");
  t.ok(isShrunk([...shrunk, gone]));
  const web: ScalingEvent = { at: at(6), of: "web", kind: "decision", what: "x", instance: "i-2" };
  t.notOk(isShrunk([...shrunk, gone, web]), "the other tier is still larger");
});

t.test("the end of a termination is an event of its own, and its cause is told", async (t) => {
  mocks.autoScaling.on(DescribeScalingActivitiesCommand, { AutoScalingGroupName: "summit-worker-group" }).resolves({
    Activities: [
      {
        ActivityId: "1",
        AutoScalingGroupName: "x",
        Description: "Terminating EC2 instance: i-0c",
        Cause: `At 2027-03-01T09:35:00Z a monitor alarm ${low} in state ALARM triggered policy x changing the desired capacity from 2 to 1.  At 2027-03-01T09:36:00Z an instance was selected.`,
        StatusCode: "Successful",
        StartTime: minute(36),
        EndTime: minute(38),
      },
    ],
  });
  const { events, removals } = await open()(40);
  t.match(
    events.filter(({ instance }) => instance === "i-0c").map(({ kind, what }) => [kind, what]),
    [
      ["shrink", /i-0c, since a monitor alarm .*AlarmLow-1 in state ALARM .* from 2 to 1$/],
      ["gone", "i-0c is gone"],
    ],
  );
  t.match(removals, [{ instance: "i-0c", decision: at(36), gone: at(38) }]);
});

t.test("a failed read is reported, and the last answer stands", async (t) => {
  const read = open();
  t.equal((await read(4)).samples.length, 2);
  mocks.cloudWatch.on(GetMetricDataCommand).rejects(awsError("AccessDenied", "cloudwatch:GetMetricData"));
  const { samples, errors } = await read(5);
  t.match(errors, [/CloudWatch's metrics: .*cloudwatch:GetMetricData/]);
  t.equal(samples.length, 2);
});

t.test("where nothing can be read at first, it is an error", async (t) => {
  for (const mock of Object.values(mocks)) mock.reset().rejects(awsError("AccessDenied", "denied"));
  await t.rejects(open()(0), { name: "AccessDenied" });
});
