import { DescribeStackEventsCommand } from "@aws-sdk/client-cloudformation";
import t from "tap";
import { followStack } from "../../../deploy/stack/stack-events.ts";
import { awsError, openAccount, type StandInStack } from "./account-stand-in.ts";

const name = "summit-test";
const event = (logicalId: string, status = "CREATE_COMPLETE") => ({
  stack: name,
  logicalId,
  type: "AWS::EC2::VPC",
  status,
});

t.test("every event is told once and in its order, none from before", async (t) => {
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

t.test("a stack that is yet to come is followed from its first event", async (t) => {
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

t.test("throttling costs nothing but time; a refusal is told", async (t) => {
  const { clients, mocks } = openAccount(t);
  const one = { EventId: "a", StackId: "1", StackName: name, Timestamp: new Date(0) };
  mocks.cloudFormation
    .on(DescribeStackEventsCommand)
    .resolvesOnce({})
    .rejectsOnce(awsError("Throttling"))
    .resolvesOnce({ StackEvents: [one] })
    .rejects(awsError("AccessDenied"));
  const follower = await followStack(clients.cloudFormation, name);
  t.same(await follower.poll(), []);
  t.equal((await follower.poll()).length, 1, "the next call makes up for it");
  await t.rejects(follower.poll(), { name: "AccessDenied" });
});
