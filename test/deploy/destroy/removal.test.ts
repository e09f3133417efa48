import { DeleteStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import t, { type Test } from "tap";
import { removeStack } from "../../../deploy/destroy/removal.ts";
import { readStack } from "../../../deploy/stack/deployed-stack.ts";
import { awsError, gone, openAccount, type StandInStack } from "../stack/account-stand-in.ts";

const name = "summit-test";
type Step = (stack: StandInStack) => void;
const fail: Step = (stack) => (stack.status = "DELETE_FAILED");

async function open(t: Test, stack: Partial<StandInStack> = {}) {
  const account = openAccount(t, [{ name, status: "CREATE_COMPLETE", stage: "test", ...stack }]);
  const { clients, happen, mocks } = account;
  const cleared: number[] = [];
  const lines: string[] = [];
  const found = await readStack(clients.cloudFormation, name);
  const remove = (deadline = Date.now() + 5_000, { signal } = new AbortController()) =>
    removeStack({
      client: clients.cloudFormation,
      stack: found!,
      titles: new Map([["Vpc", "Network/Vpc"]]),
      note: (line) => lines.push(line),
      clearWay: async () => void cleared.push(deletions()),
      deadline,
      pollMs: 1,
      signal,
    });
  const deletions = () => mocks.cloudFormation.commandCalls(DeleteStackCommand).length;
  const stuck =
    (reason: string): Step =>
    (one) => {
      happen({ stack: name, logicalId: "Vpc", type: "AWS::EC2::VPC", status: "DELETE_FAILED", reason });
      fail(one);
    };
  return { ...account, remove, deletions, cleared, lines, stuck };
}

t.test("it waits until the stack is gone", async (t) => {
  const { remove, deletions } = await open(t);
  t.same(await remove(), { end: "removed", failures: [] });
  t.equal(deletions(), 1);
});

t.test("a removal that is under way already is only waited for", async (t) => {
  const { remove, deletions, stacks } = await open(t, { status: "DELETE_IN_PROGRESS" });
  setImmediate(() => gone(stacks[0]!));
  t.match(await remove(), { end: "removed" });
  t.equal(deletions(), 0);
});

t.test("what holds it back is taken out of the way, and it is tried again, three times at most", async (t) => {
  const { remove, deletions, cleared, lines, stacks, stuck } = await open(t);
  const dependent = "The vpc 'vpc-1' has dependencies and cannot be deleted.";
  stacks[0]!.steps = [() => {}, stuck(dependent)];
  const first = remove();
  t.match(await first, { end: "failed", failures: [{ logicalId: "Vpc", reason: /dependencies/ }] });
  t.equal(deletions(), 3);
  t.same(cleared, [1, 2], "after each try but the last");
  t.match(lines[0], /^12:00:00 {2}DELETE_FAILED +Network\/Vpc \(AWS::EC2::VPC\): The vpc 'vpc-1' has dependencies/);
});

t.test("a second try that works leaves no failure", async (t) => {
  const { remove, deletions, stacks, stuck } = await open(t);
  stacks[0]!.steps = [
    () => {},
    (one) => {
      stuck("The VPC origin is in use")(one);
      one.steps = [() => {}, gone];
    },
  ];
  t.same(await remove(), { end: "removed", failures: [] });
  t.equal(deletions(), 2);
});

t.test("a refusal is not tried again: nothing would be different", async (t) => {
  const { remove, deletions, stacks, stuck } = await open(t);
  stacks[0]!.steps = [() => {}, stuck("is not authorized to perform: ec2:DeleteVpc")];
  t.match(await remove(), { end: "failed", failures: [{ reason: /ec2:DeleteVpc/ }] });
  t.equal(deletions(), 1);
});

t.test("a stack that had failed to go before is tried anew", async (t) => {
  const { remove, deletions } = await open(t, { status: "DELETE_FAILED" });
  t.match(await remove(), { end: "removed" });
  t.equal(deletions(), 1);
});

t.test("nobody waits beyond the bound", async (t) => {
  const { remove, stacks } = await open(t);
  stacks[0]!.steps = [];
  t.match(await remove(Date.now() + 20), { end: "late" });
});

t.test("throttling costs only time; a refusal of the removal is told", async (t) => {
  const { remove, mocks } = await open(t);
  const throttled = awsError("Throttling");
  mocks.cloudFormation
    .on(DescribeStacksCommand)
    .resolvesOnce({})
    .rejectsOnce(throttled)
    .rejectsOnce(throttled)
    .rejects(awsError("ValidationError", "Stack does not exist"));
  t.match(await remove(), { end: "removed" });
  mocks.cloudFormation.on(DeleteStackCommand).rejects(awsError("AccessDenied"));
  await t.rejects(remove(), { name: "AccessDenied" });
});

t.test("Ctrl-C stops the waiting", async (t) => {
  const { remove, stacks } = await open(t);
  stacks[0]!.steps = [];
  const interruption = new AbortController();
  const removing = remove(Date.now() + 5_000, interruption);
  interruption.abort(awsError("Stopped"));
  await t.rejects(removing, { name: "Stopped" });
});
