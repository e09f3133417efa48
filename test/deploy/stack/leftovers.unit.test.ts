import { DescribeStacksCommand, ListStacksCommand } from "@aws-sdk/client-cloudformation";
import { DeleteAlarmsCommand, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DeleteLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteVolumeCommand, DescribeInstancesCommand, DescribeTagsCommand } from "@aws-sdk/client-ec2";
import { DescribeEnvironmentsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { GetResourcesCommand } from "@aws-sdk/client-resource-groups-tagging-api";
import { GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { findLeftovers, LeftoversReport, removeLeftovers } from "../../../deploy/stack/leftovers.ts";
import { readTraces } from "../../../deploy/stack/traces.ts";
import { account, awsError, openAccount, region, type StandInResource, type StandInStack } from "./account-stand-in.ts";

const stack = "summit-test";
const { signal } = new AbortController();
const validator = Compile(LeftoversReport);
const arn = (service: string, name: string) => `arn:aws:${service}:${region}:${account}:${name}`;

/** A removed stack with these resources. */
const removed = (...resources: Omit<StandInResource, "logicalId">[]): StandInStack => ({
  name: stack,
  status: "DELETE_COMPLETE",
  resources: resources.map((one) => ({ ...one, logicalId: "Any" })),
});

function open(t: Test, stacks: StandInStack[] = [], tagged: readonly string[] = []) {
  const { clients, mocks } = openAccount(t, stacks);
  const TagFilters = [{ Key: "turnout:stack", Values: [stack] }];
  mocks.tagging
    .on(GetResourcesCommand, { TagFilters })
    .resolves({ ResourceTagMappingList: tagged.map((ResourceARN) => ({ ResourceARN })) });
  const lines: string[] = [];
  const find = () => findLeftovers({ clients, stack, account, region, signal });
  const remove = async () => removeLeftovers(await find(), (line) => lines.push(line));
  const names = async () => (await find()).report.left.map(({ kind, name }) => `${kind} ${name}`);
  return { mocks, find, remove, names, lines };
}

t.test("in an empty account nothing is left", async (t) => {
  const { report } = await open(t).find();
  t.same(report, { stack, region, clean: true, left: [], kept: [], shared: [], unseen: [] });
  t.ok(validator.Check(report));
});

t.test("a whole stack is all that is reported; a half removed one and its firewall beside the rest", async (t) => {
  const { mocks, find } = open(t, [{ name: stack, status: "CREATE_COMPLETE", stage: "test" }]);
  t.match((await find()).report, { clean: false, left: [{ kind: "stack", name: stack, detail: /npm run destroy/ }] });
  t.equal(mocks.tagging.commandCalls(GetResourcesCommand).length, 0, "its parts are in their places");
  const half = open(
    t,
    [
      { name: stack, status: "DELETE_FAILED", stage: "test" },
      { name: `${stack}-firewall`, status: "CREATE_COMPLETE" },
    ],
    [arn("cloudformation", `stack/${stack}/1`), arn("sns", "summit-topic")],
  );
  t.same(await half.names(), [`stack ${stack}`, `stack ${stack}-firewall`, "sns summit-topic"]);
});

t.test("what carries the tag is left, by kind and name, also what is indexed in us-east-1 only", async (t) => {
  const { mocks, names } = open(
    t,
    [],
    [arn("elasticloadbalancing", "loadbalancer/app/x/1"), arn("secretsmanager", "secret:ReceiptKeys-abc")],
  );
  t.same(await names(), ["elasticloadbalancing loadbalancer app/x/1", "secretsmanager secret ReceiptKeys-abc"]);
  t.equal(mocks.tagging.commandCalls(GetResourcesCommand).length, 2, "each index once");
});

t.test("what CloudFormation says that it deleted is not left, though the tag index still lists it", async (t) => {
  const url = `https://sqs.${region}.amazonaws.com/${account}/${stack}-Queue`;
  const gone = { status: "DELETE_COMPLETE" } as const;
  const listener = arn("elasticloadbalancing", "listener/app/x/1/2");
  const environments = { name: "awseb-e-abc-stack", status: "DELETE_COMPLETE" };
  const rule = arn("elasticloadbalancing", "listener-rule/app/x/1/2/3");
  const made = [{ logicalId: "Rule", type: "AWS::ElasticLoadBalancingV2::ListenerRule", name: rule, ...gone }];
  const { mocks, names } = open(
    t,
    [
      removed(
        { type: "AWS::SQS::Queue", name: url, ...gone },
        { type: "AWS::CloudFront::Distribution", name: "E1", ...gone },
        { type: "AWS::ElasticLoadBalancingV2::Listener", name: listener, ...gone },
        { type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1", ...gone },
      ),
      { ...environments, resources: made },
    ],
    [
      arn("sqs", `${stack}-Queue`),
      `arn:aws:cloudfront::${account}:distribution/E1`,
      listener,
      rule,
      arn("cloudformation", "stack/awseb-e-abc-stack/1"),
      arn("sns", "control"),
    ],
  );
  mocks.beanstalk.on(DescribeEnvironmentsCommand).resolves({ Environments: [{ EnvironmentId: "e-abc" }] });
  t.same(await names(), ["sns control"]);
});

t.test("of EC2 only what EC2 itself still knows; a volume can be removed", async (t) => {
  const ids = ["instance/i-1", "instance/i-2", "volume/vol-1", "volume/vol-2", "vpc/vpc-1"];
  const { mocks, names, remove } = open(
    t,
    [],
    ids.map((id) => arn("ec2", id)),
  );
  const known = ["i-1", "i-2", "vol-1", "vpc-1"];
  mocks.ec2
    .on(DescribeTagsCommand, { Filters: [{ Name: "tag:turnout:stack", Values: [stack] }] })
    .resolves({ Tags: known.map((ResourceId) => ({ ResourceId })) })
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [{ InstanceId: "i-1" }] }] });
  t.same(await names(), ["ec2 instance i-2", "ec2 volume vol-1", "ec2 vpc vpc-1"]);
  await remove();
  t.match(mocks.ec2.commandCalls(DeleteVolumeCommand)[0]?.args[0].input, { VolumeId: "vol-1" });
});

t.test("data kept by intent differs from other data, and from deleted data", async (t) => {
  const table = (name: string) => arn("dynamodb", `table/${stack}-${name}`);
  const skipped = { type: "AWS::DynamoDB::GlobalTable", status: "DELETE_SKIPPED" };
  const url = `https://sqs.${region}.amazonaws.com/${account}/${stack}-Queue`;
  const { mocks, find } = open(
    t,
    [
      removed(
        { ...skipped, name: `${stack}-Registrations` },
        { ...skipped, name: `${stack}-Deleted` },
        { type: "AWS::SQS::Queue", name: url, status: "DELETE_SKIPPED" },
      ),
    ],
    [...["Registrations", "Deleted", "Going", "Stray"].map(table), arn("sqs", "gone")],
  );
  mocks.dynamoDb
    .on(DescribeTableCommand)
    .resolves({ Table: { TableStatus: "ACTIVE" } })
    .on(DescribeTableCommand, { TableName: `${stack}-Going` })
    .resolves({ Table: { TableStatus: "DELETING" } })
    .on(DescribeTableCommand, { TableName: `${stack}-Deleted` })
    .rejects(awsError("ResourceNotFoundException"));
  mocks.sqs.on(GetQueueUrlCommand, { QueueName: "gone" }).rejects(awsError("QueueDoesNotExist"));
  const { report, removable } = await find();
  const names = (items: { name: string }[]) => items.map(({ name }) => name);
  t.same(names(report.kept), [`${stack}-Registrations`, `${stack}-Queue`]);
  t.same(names(report.left), [`${stack}-Stray`]);
  t.same(removable, [], "data is never removed here");
});

t.test("what CloudFormation could not remove is left", async (t) => {
  const { find } = open(t, [
    removed(
      { type: "AWS::IAM::Role", name: "summit-role", status: "DELETE_FAILED" },
      { type: "AWS::SNS::Topic", name: "topic", status: "DELETE_COMPLETE" },
      { type: "AWS::EC2::VPC", name: "vpc-1", status: "DELETE_FAILED" },
    ),
  ]);
  t.match((await find()).report.left, [{ kind: "AWS::IAM::Role", name: "summit-role", detail: /DELETE_FAILED/ }]);
});

t.test(
  "log groups and alarms, which carry no tags, are found by name and removed, a neighbour's are not",
  async (t) => {
    const environment = { type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1", status: "DELETE_COMPLETE" };
    const neighbour = { name: `${stack}-two-test`, status: "CREATE_COMPLETE" };
    const { mocks, remove, names } = open(t, [removed(environment), neighbour]);
    mocks.beanstalk.on(DescribeEnvironmentsCommand).resolves({ Environments: [{ EnvironmentId: "e-abc" }] });
    const group = (logGroupNamePrefix: string, ...logGroups: string[]) =>
      mocks.logs
        .on(DescribeLogGroupsCommand, { logGroupNamePrefix })
        .resolves({ logGroups: logGroups.map((logGroupName) => ({ logGroupName })) });
    group("/aws/elasticbeanstalk/summ-Plat-1/", "/aws/elasticbeanstalk/summ-Plat-1/var/log/web.stdout.log");
    group(`/aws/lambda/${stack}-`, `/aws/lambda/${stack}-AWS679`, `/aws/lambda/${neighbour.name}-AWS679`);
    mocks.cloudWatch
      .on(DescribeAlarmsCommand, { AlarmNamePrefix: "TargetTracking-awseb-e-abc" })
      .resolves({ MetricAlarms: [{ AlarmName: "TargetTracking-awseb-e-abc-stack-AlarmHigh" }] });
    t.same(await names(), [
      `log group /aws/lambda/${stack}-AWS679`,
      "log group /aws/elasticbeanstalk/summ-Plat-1/var/log/web.stdout.log",
      "CloudWatch alarm TargetTracking-awseb-e-abc-stack-AlarmHigh",
    ]);
    await remove();
    t.equal(mocks.logs.commandCalls(DeleteLogGroupCommand).length, 2);
    t.equal(mocks.cloudWatch.commandCalls(DeleteAlarmsCommand).length, 1);
  },
);

t.test("a search that AWS denies is reported, and the result is not clean", async (t) => {
  const { mocks, find } = open(t);
  mocks.tagging.on(GetResourcesCommand).rejects(awsError("AccessDenied", "may not perform tag:GetResources"));
  const { report } = await find();
  t.match(report, { clean: false, left: [], unseen: [{ what: /tag/, reason: /tag:GetResources/ }] });
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("AccessDenied"));
  await t.rejects(find(), { name: "AccessDenied" }, "without CloudFormation nothing is certain");
});

t.test("what can be removed is removed; what AWS denies is reported, and the rest goes on", async (t) => {
  const { mocks, remove, lines } = open(t);
  mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: `${stack}-` })
    .resolves({ logGroups: [{ logGroupName: `${stack}-A` }, { logGroupName: `${stack}-B` }] });
  mocks.logs.on(DeleteLogGroupCommand).rejectsOnce(awsError("AccessDeniedException", "may not")).resolves({});
  await remove();
  t.match(lines, [/Could not remove log group summit-test-A: may not/, /Removed log group summit-test-B/]);
});

const removedStack = {
  name: "summit-test",
  status: "DELETE_COMPLETE",
  resources: [
    { logicalId: "Web", type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1ABC", status: "DELETE_COMPLETE" },
    { logicalId: "Table", type: "AWS::DynamoDB::GlobalTable", name: "summit-test-Table", status: "DELETE_SKIPPED" },
  ],
};

t.test("a deleted stack is known by its resources", async (t) => {
  const { clients, mocks } = openAccount(t, [removedStack]);
  mocks.beanstalk.on(DescribeEnvironmentsCommand).resolves({ Environments: [{ EnvironmentId: "e-abc" }] });
  const { resources, environmentIds } = await readTraces(clients, "summit-test");
  t.match(resources, [
    { type: "AWS::CloudFormation::Stack", status: "DELETE_COMPLETE" },
    { type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1ABC" },
    { name: "summit-test-Table", status: "DELETE_SKIPPED" },
  ]);
  t.same(environmentIds, ["e-abc"]);
  const [call] = mocks.beanstalk.commandCalls(DescribeEnvironmentsCommand);
  t.match(call?.args[0].input, { EnvironmentNames: ["summ-Plat-1ABC"], IncludeDeleted: true });
});

t.test(
  "living stacks whose names begin alike are neighbours; its own firewall and removed ones are none",
  async (t) => {
    const names = ["summit-test-two-test", "summit-test-firewall", "summit-production"];
    const { clients } = openAccount(t, [
      ...names.map((name) => ({ name, status: "CREATE_COMPLETE" })),
      { name: "summit-test-old", status: "DELETE_COMPLETE" },
    ]);
    t.same(await readTraces(clients, "summit-test"), {
      resources: [],
      environmentIds: [],
      neighbours: ["summit-test-two-test"],
    });
  },
);

t.test("without Elastic Beanstalk its ids stay unknown; without CloudFormation nothing is", async (t) => {
  const { clients, mocks } = openAccount(t, [removedStack]);
  mocks.beanstalk.on(DescribeEnvironmentsCommand).rejects(awsError("AccessDenied"));
  t.same((await readTraces(clients, "summit-test")).environmentIds, []);
  mocks.cloudFormation.on(ListStacksCommand).rejects(awsError("Throttling"));
  await t.rejects(readTraces(clients, "summit-test"), { name: "Throttling" });
});

t.test("the audit log that a production keeps is told, and not removed", async (t) => {
  const name = `${stack}-PeopleAuditLog1-Ab1`;
  const kept = { logicalId: "PeopleAuditLog1", type: "AWS::Logs::LogGroup", name, status: "DELETE_SKIPPED" };
  const { clients, mocks } = openAccount(t, [{ name: stack, status: "DELETE_COMPLETE", resources: [kept] }]);
  const other = `${stack}-NetworkRefusedLog1-Ab1`;
  mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: `${stack}-` })
    .resolves({ logGroups: [{ logGroupName: name }, { logGroupName: other }] });
  const found = await findLeftovers({ clients, stack, account, region, signal });
  t.match(found.report, { clean: false, kept: [{ name }], left: [{ name: other }] });
  await removeLeftovers(found, () => {});
  const deleted = mocks.logs.commandCalls(DeleteLogGroupCommand).map(({ args }) => args[0].input.logGroupName);
  t.same(deleted, [other], "control: any other group of the stack is removed");
});

t.test("names that CloudFormation shortened are known from its report", async (t) => {
  const long = "summit-of-the-whole-wide-world-production";
  const lambda = `${long.slice(0, 24)}-LookupsAWS679f53fac00243-Ab1`;
  const group = `${long.slice(0, 40)}-Log-Ab1`;
  const gone = { status: "DELETE_COMPLETE" } as const;
  const { clients, mocks } = openAccount(t, [
    {
      name: long,
      status: "DELETE_COMPLETE",
      resources: [
        { logicalId: "Lambda", type: "AWS::Lambda::Function", name: lambda, ...gone },
        { logicalId: "Log", type: "AWS::Logs::LogGroup", name: group, ...gone },
      ],
    },
  ]);
  const there = [`/aws/lambda/${lambda}`, group, `${group}-of-another-stack`, `/aws/lambda/${long.slice(0, 24)}-other`];
  mocks.logs.on(DescribeLogGroupsCommand).callsFake(({ logGroupNamePrefix = "" }: { logGroupNamePrefix?: string }) => ({
    logGroups: there.filter((name) => name.startsWith(logGroupNamePrefix)).map((logGroupName) => ({ logGroupName })),
  }));
  const { report } = await findLeftovers({ clients, stack: long, account, region, signal });
  t.same(
    report.left.map(({ name }) => name),
    [`/aws/lambda/${lambda}`, group],
  );
});
