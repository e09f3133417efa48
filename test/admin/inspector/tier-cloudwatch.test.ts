import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeEnvironmentHealthCommand, ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { mockClient } from "aws-sdk-client-mock";
import t from "tap";
import { createTierCloudWatchSource } from "../../../admin/inspector/tier-cloudwatch.ts";

const cloudWatch = mockClient(CloudWatchClient);
const beanstalk = mockClient(ElasticBeanstalkClient);
t.teardown(() => {
  cloudWatch.restore();
  beanstalk.restore();
});

const read = createTierCloudWatchSource({
  stack: "summit",
  region: "eu-central-1",
  queueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/summit-registrations",
  environments: { web: "web-env", worker: "worker-env" },
});

t.test("figures are those of the last whole minute, health is Elastic Beanstalk's", async (t) => {
  cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: [
      { Id: "accepted", Values: [10, 600] },
      { Id: "stored", Values: [1, 300] },
      { Id: "received", Values: [1, 6_000] },
      { Id: "packs", Values: [1, 60] },
      { Id: "age", Values: [42] },
    ],
  });
  beanstalk
    .on(DescribeEnvironmentHealthCommand, { EnvironmentName: "web-env" })
    .resolves({ Color: "Green", Causes: [] })
    .on(DescribeEnvironmentHealthCommand, { EnvironmentName: "worker-env" })
    .resolves({ Color: "Red", Causes: ["100 % of requests fail"] });
  const { figures, tiers } = await read();
  t.same(figures, {
    acceptedPerSecond: 10,
    storedPerSecond: 5,
    duplicatesPerSecond: null,
    meanPackSize: 100,
    oldestAgeSeconds: 42,
  });
  t.same(tiers, [
    { tier: "web", health: "ok", causes: [] },
    { tier: "worker", health: "unhealthy", causes: ["100 % of requests fail"] },
  ]);
  const [call] = cloudWatch.commandCalls(GetMetricDataCommand);
  const queries = call?.args[0].input.MetricDataQueries ?? [];
  t.match(queries.find(({ Id }) => Id === "age")?.MetricStat?.Metric?.Dimensions, [
    { Name: "QueueName", Value: "summit-registrations" },
  ]);
});

t.test("without the rights to ask, nothing is known, and that is no failure", async (t) => {
  const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });
  cloudWatch.on(GetMetricDataCommand).rejects(denied);
  beanstalk.reset();
  beanstalk.on(DescribeEnvironmentHealthCommand).rejects(denied);
  const { figures, tiers } = await read();
  t.equal(figures.storedPerSecond, null);
  t.match(tiers, [{ health: "unknown", causes: [/AccessDenied/] }, { health: "unknown" }]);
});
