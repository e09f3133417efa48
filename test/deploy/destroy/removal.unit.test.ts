import { DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import { DeleteQueueCommand } from "@aws-sdk/client-sqs";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { deleteKeptData } from "../../../deploy/destroy/kept-data.ts";
import { clearNetworks } from "../../../deploy/destroy/network-remains.ts";
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

t.test("a removal that is already under way is only waited for", async (t) => {
  const { remove, deletions, stacks } = await open(t, { status: "DELETE_IN_PROGRESS" });
  setImmediate(() => gone(stacks[0]!));
  t.match(await remove(), { end: "removed" });
  t.equal(deletions(), 0);
});

t.test("what blocks the removal is removed, and it is retried, three times at most", async (t) => {
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

t.test("a denied removal is not retried", async (t) => {
  const { remove, deletions, stacks, stuck } = await open(t);
  stacks[0]!.steps = [() => {}, stuck("is not authorized to perform: ec2:DeleteVpc")];
  t.match(await remove(), { end: "failed", failures: [{ reason: /ec2:DeleteVpc/ }] });
  t.equal(deletions(), 1);
});

t.test("a stack whose removal failed before is retried", async (t) => {
  const { remove, deletions } = await open(t, { status: "DELETE_FAILED" });
  t.match(await remove(), { end: "removed" });
  t.equal(deletions(), 1);
});

t.test("it waits no longer than the deadline", async (t) => {
  const { remove, stacks } = await open(t);
  stacks[0]!.steps = [];
  t.match(await remove(Date.now() + 20), { end: "late" });
});

t.test("throttling costs only time; a rejected removal is an error", async (t) => {
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

const table = { logicalId: "DataRegistrations", type: "AWS::DynamoDB::GlobalTable", name: "summit-production-Table" };
const queue = { logicalId: "DataQueue", type: "AWS::SQS::Queue", name: "https://sqs/summit-production-Queue" };
const auditLog = { logicalId: "PeopleAuditLog1", type: "AWS::Logs::LogGroup", name: "summit-production-Audit" };
const other = { logicalId: "Bucket", type: "AWS::S3::Bucket", name: "bucket" };

function openKept(t: Test) {
  const { clients, mocks } = openAccount(t);
  const lines: string[] = [];
  const { signal } = new AbortController();
  const remove = () =>
    deleteKeptData([table, queue, auditLog, other], { clients, note: (line) => lines.push(line), pollMs: 1, signal });
  return { mocks, lines, remove };
}

t.test("a table that is still being made or changed loses its protection before it is deleted", async (t) => {
  const { mocks, remove } = openKept(t);
  let isProtected = true;
  let updates = 0;
  mocks.dynamoDb
    .on(UpdateTableCommand)
    .callsFake(() => {
      updates += 1;
      if (updates === 1) throw awsError("ResourceInUseException");
      isProtected = false;
    })
    .on(DeleteTableCommand)
    .callsFake(() => {
      if (isProtected) throw awsError("ValidationException", "Resource cannot be deleted as it is currently protected");
    });
  t.same(await remove(), [other]);
  t.equal(updates, 2);
});

t.test(
  "tables lose their protection and are deleted, queues and the audit log too, anything else is kept",
  async (t) => {
    const { mocks, lines, remove } = openKept(t);
    t.same(await remove(), [other]);
    t.match(mocks.dynamoDb.commandCalls(UpdateTableCommand)[0]?.args[0].input, {
      TableName: table.name,
      DeletionProtectionEnabled: false,
    });
    t.match(mocks.dynamoDb.commandCalls(DeleteTableCommand)[0]?.args[0].input, { TableName: table.name });
    t.match(mocks.sqs.commandCalls(DeleteQueueCommand)[0]?.args[0].input, { QueueUrl: queue.name });
    t.same(lines, [`Deleted ${table.name}.`, `Deleted ${queue.name}.`, `Deleted ${auditLog.name}.`]);
    t.equal(mocks.logs.commandCalls(DeleteLogGroupCommand).length, 1);
  },
);

t.test("a busy table is retried; a missing one counts as deleted", async (t) => {
  const { mocks, remove } = openKept(t);
  const busy = awsError("ResourceInUseException");
  mocks.dynamoDb.on(DeleteTableCommand).rejectsOnce(busy).rejectsOnce(busy).resolves({});
  mocks.sqs.on(DeleteQueueCommand).rejects(awsError("QueueDoesNotExist"));
  t.same(await remove(), [other]);
  t.equal(mocks.dynamoDb.commandCalls(DeleteTableCommand).length, 3);
  t.equal(mocks.dynamoDb.commandCalls(UpdateTableCommand).length, 1);
});

t.test("a denied deletion is an error", async (t) => {
  const { mocks, remove } = openKept(t);
  mocks.dynamoDb.on(UpdateTableCommand).rejects(awsError("AccessDeniedException"));
  await t.rejects(remove(), { name: "AccessDeniedException" });
});

t.test("unused interfaces and the services' security groups are removed, the stack's own are not", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.ec2
    .on(DescribeNetworkInterfacesCommand)
    .callsFake(({ NextToken }: { NextToken?: string }) =>
      NextToken === undefined
        ? { NetworkInterfaces: [], NextToken: "more" }
        : { NetworkInterfaces: [{ NetworkInterfaceId: "eni-1", Description: "CloudFront VPC origin" }] },
    )
    .on(DescribeSecurityGroupsCommand)
    .resolves({
      SecurityGroups: [
        { GroupId: "sg-1", GroupName: "CloudFront-VPCOrigins-Service-SG" },
        { GroupId: "sg-2", GroupName: "summit-test-NetworkWebGroup" },
        { GroupId: "sg-3", GroupName: "default" },
      ],
    });
  const lines: string[] = [];
  await clearNetworks(clients.ec2, ["vpc-1"], (line) => lines.push(line));
  t.match(lines, [/Removed interface eni-1/, /Removed security group CloudFront-VPCOrigins/]);
  const asked = mocks.ec2.commandCalls(DescribeNetworkInterfacesCommand)[0]?.args[0].input;
  t.match(asked, {
    Filters: [
      { Name: "vpc-id", Values: ["vpc-1"] },
      { Name: "status", Values: ["available"] },
    ],
  });
  t.equal(mocks.ec2.commandCalls(DeleteSecurityGroupCommand).length, 1);
});

t.test("what cannot be removed is reported, and the rest goes on; without a network nothing is called", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.ec2
    .on(DescribeNetworkInterfacesCommand)
    .resolves({ NetworkInterfaces: [{ NetworkInterfaceId: "eni-1" }, { NetworkInterfaceId: "eni-2" }] })
    .on(DeleteNetworkInterfaceCommand)
    .rejectsOnce(awsError("UnauthorizedOperation", "may not"))
    .resolves({});
  const lines: string[] = [];
  const note = (line: string) => lines.push(line);
  await clearNetworks(clients.ec2, ["vpc-1"], note);
  t.match(lines, [/Could not remove interface eni-1.*may not/, /Removed interface eni-2/]);
  mocks.ec2.resetHistory();
  await clearNetworks(clients.ec2, [], note);
  t.equal(mocks.ec2.calls().length, 0);
});
