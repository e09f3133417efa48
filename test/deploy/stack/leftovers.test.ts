import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DeleteLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import t, { type Test } from "tap";
import { Compile } from "typebox/compile";
import { findLeftovers, LeftoversReport, removeLeftovers } from "../../../deploy/stack/leftovers.ts";
import { account, awsError, openAccount, region, type StandInStack } from "./account-stand-in.ts";

const stack = "summit-test";
const { signal } = new AbortController();
const validator = Compile(LeftoversReport);

function open(t: Test, stacks: StandInStack[] = []) {
  const { clients, mocks } = openAccount(t, stacks);
  return { mocks, find: () => findLeftovers({ clients, stack, account, region, signal }) };
}

t.test("where nothing is, it is clean", async (t) => {
  const { report } = await open(t).find();
  t.same(report, { stack, region, clean: true, left: [], kept: [], shared: [], unseen: [] });
  t.ok(validator.Check(report));
});

t.test(
  "a stack that is there is all that is told; one that is half removed, and its firewall, beside the rest",
  async (t) => {
    const { mocks, find } = open(t, [{ name: stack, status: "CREATE_COMPLETE", stage: "test" }]);
    t.match((await find()).report, { clean: false, left: [{ kind: "stack", name: stack, detail: /npm run destroy/ }] });
    t.equal(mocks.iam.commandCalls(ListRolesCommand).length, 0, "its parts are in their places");
    const half = open(t, [
      { name: stack, status: "DELETE_FAILED", stage: "test" },
      { name: `${stack}-firewall`, status: "CREATE_COMPLETE" },
    ]);
    t.same(
      (await half.find()).report.left.map(({ name }) => name),
      [stack, `${stack}-firewall`],
    );
    t.equal(half.mocks.iam.commandCalls(ListRolesCommand).length, 1);
  },
);

t.test("where it may not look it says so, and is not clean", async (t) => {
  const { mocks, find } = open(t);
  mocks.iam.on(ListRolesCommand).rejects(awsError("AccessDenied", "may not perform iam:ListRoles"));
  const { report } = await find();
  t.match(report, { clean: false, left: [], unseen: [{ what: /IAM/, reason: /iam:ListRoles/ }] });
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("AccessDenied"));
  await t.rejects(find(), { name: "AccessDenied" }, "without CloudFormation nothing is certain");
});

t.test("what can be removed is; what AWS refuses is told, and the rest goes on", async (t) => {
  const { mocks, find } = open(t);
  mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: `${stack}-` })
    .resolves({ logGroups: [{ logGroupName: `${stack}-A` }, { logGroupName: `${stack}-B` }] });
  const deleting = mocks.logs.on(DeleteLogGroupCommand);
  deleting.rejectsOnce(awsError("AccessDeniedException", "may not")).resolves({});
  const lines: string[] = [];
  await removeLeftovers(await find(), (line) => lines.push(line));
  t.match(lines, [/Could not remove log group summit-test-A: may not/, /Removed log group summit-test-B/]);
});
