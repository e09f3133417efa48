import { DescribeStackEventsCommand } from "@aws-sdk/client-cloudformation";
import { t } from "../../equipment/file-test.ts";
import { adviseOn } from "../../../deploy/stack/failure-advice.ts";
import { firstFailure, followStack, type StackEvent, unresolvedFailures } from "../../../deploy/stack/stack-events.ts";
import { awsError, openAccount, type StandInStack } from "./account-stand-in.ts";

const name = "summit-test";
const event = (logicalId: string, status = "CREATE_COMPLETE") => ({
  stack: name,
  logicalId,
  type: "AWS::EC2::VPC",
  status,
});

t.test("every event comes once and in order, none from before", async (t) => {
  const { clients, happen } = openAccount(t, [{ name, status: "UPDATE_IN_PROGRESS" }]);
  happen(event("Old"));
  const follower = await followStack(clients.cloudFormation, name);
  t.same(await follower.poll(), []);
  happen(event("Vpc"), event(name));
  const [vpc, whole] = await follower.poll();
  t.match(vpc, { logicalId: "Vpc", type: "AWS::EC2::VPC", status: "CREATE_COMPLETE", ofStack: false });
  t.match(whole, { logicalId: name, ofStack: true });
  t.match(vpc?.at, /^2027-01-01T12:00:00/);
  t.same(await follower.poll(), []);
});

t.test("a stack that does not exist yet is followed from its first event", async (t) => {
  const stacks: StandInStack[] = [];
  const { clients, happen } = openAccount(t, stacks);
  const follower = await followStack(clients.cloudFormation, name);
  t.same(await follower.poll(), []);
  stacks.push({ name, status: "CREATE_IN_PROGRESS" });
  happen(event("Vpc"), event("Subnet"));
  t.same(
    (await follower.poll()).map(({ logicalId }) => logicalId),
    ["Vpc", "Subnet"],
  );
});

t.test("many events come in pages; reading stops at the first that is known", async (t) => {
  const { clients, mocks } = openAccount(t);
  const page = (ids: readonly string[], NextToken?: string) => ({
    StackEvents: ids.map((EventId) => ({
      EventId,
      LogicalResourceId: EventId,
      StackId: "1",
      StackName: name,
      Timestamp: new Date(0),
    })),
    ...(NextToken !== undefined && { NextToken }),
  });
  const calls = mocks.cloudFormation.on(DescribeStackEventsCommand);
  calls.resolvesOnce(page(["b", "a"], "never asked for"));
  const follower = await followStack(clients.cloudFormation, name);
  calls.resolvesOnce(page(["f", "e"], "more")).resolvesOnce(page(["d", "c", "b", "a"], "never asked for"));
  t.same(
    (await follower.poll()).map(({ logicalId }) => logicalId),
    ["c", "d", "e", "f"],
  );
  t.equal(mocks.cloudFormation.commandCalls(DescribeStackEventsCommand).length, 3);
});

t.test("events that a failed poll missed come with the next", async (t) => {
  const { clients, mocks } = openAccount(t);
  const one = { EventId: "a", StackId: "1", StackName: name, Timestamp: new Date(0) };
  mocks.cloudFormation
    .on(DescribeStackEventsCommand)
    .resolvesOnce({})
    .rejectsOnce(awsError("Throttling"))
    .resolvesOnce({ StackEvents: [one] });
  const follower = await followStack(clients.cloudFormation, name);
  await t.rejects(follower.poll(), { name: "Throttling" });
  t.equal((await follower.poll()).length, 1);
});

const result = (logicalId: string, status: string, reason = ""): StackEvent => ({
  at: "2027-01-01T12:34:56.000Z",
  logicalId,
  type: "AWS::EC2::VPC",
  status,
  reason,
  ofStack: logicalId === name,
});
const cancelled = result("Other", "CREATE_FAILED", "Resource creation cancelled");
const stackFailure = result(name, "CREATE_FAILED", "The following resource(s) failed");

t.test("the first failure is that of a resource, not of what was cancelled with it or of the stack", async (t) => {
  const own = result("Vpc", "CREATE_FAILED", "The maximum number of VPCs has been reached.");
  t.equal(firstFailure([cancelled, stackFailure, own, result("Vpc", "DELETE_COMPLETE")]), own);
  t.equal(firstFailure([cancelled, stackFailure]), stackFailure, "where no resource failed");
  t.equal(firstFailure([cancelled]), undefined);
});

t.test("a resource that was removed at a second try is no failure", async (t) => {
  const first = [
    result("A", "DELETE_FAILED", "has dependencies"),
    result("B", "DELETE_FAILED", "in use"),
    stackFailure,
  ];
  const ids = (events: StackEvent[]) => unresolvedFailures(events).map(({ logicalId }) => logicalId);
  t.same(ids(first), ["A", "B"]);
  t.same(ids([...first, result("A", "DELETE_IN_PROGRESS")]), ["A", "B"]);
  t.same(ids([...first, result("A", "DELETE_COMPLETE"), result("B", "DELETE_SKIPPED")]), []);
});

const cases: [type: string, reason: string, advice: RegExp][] = [
  ["AWS::EC2::VPC", "User: arn:… is not authorized to perform: ec2:CreateVpc", /names the action/],
  [
    "Custom::AWS",
    "AccessDenied: not authorized to perform elasticbeanstalk:DescribeEnvironments",
    /infra\/lookups\.ts/,
  ],
  ["AWS::EC2::VPC", "The maximum number of VPCs has been reached. (VpcLimitExceeded)", /Service Quotas/],
  ["AWS::CloudFront::CachePolicy", "A cache policy with the same name already exists", /stack leftovers/],
  [
    "AWS::ElasticBeanstalk::Environment",
    "Platform version is not supported: No Solution Stack named",
    /platformVersion/,
  ],
  ["AWS::ElasticBeanstalk::Environment", "Environment health has transitioned to Severe", /describe-events/],
  ["AWS::CloudFront::Distribution", "The certificate must be in us-east-1", /us-east-1/],
  [
    "AWS::EC2::VPC",
    "The vpc 'vpc-1' has dependencies and cannot be deleted. (DependencyViolation)",
    /quarter of an hour/,
  ],
  ["AWS::CloudFront::VpcOrigin", "The VPC origin is in use", /quarter of an hour/],
  ["AWS::AutoScaling::AutoScalingGroup", "We currently do not have sufficient capacity", /no capacity/],
  ["Custom::AWS", "Parameter not found", /lookups/],
  ["AWS::Lambda::Function", "Resource did not stabilize", /AWS Health/],
  ["AWS::SNS::Topic", "Something unheard of", /run the command again/],
];

t.test("every kind of failure comes with something to do", async (t) => {
  for (const [type, reason, advice] of cases) t.match(adviseOn({ type, reason }), advice, reason);
});
