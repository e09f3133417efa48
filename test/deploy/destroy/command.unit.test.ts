import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DeleteStackCommand, DescribeStacksCommand, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { DeleteLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { DescribeEventsCommand, RequestEnvironmentInfoCommand } from "@aws-sdk/client-elastic-beanstalk";
import { DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { buildDestroyCommand } from "../../../deploy/destroy/command.ts";
import { DestroyOutput } from "../../../deploy/destroy/destroy-report.ts";
import { awsError, openAccount, type StandInStack } from "../stack/account-stand-in.ts";
import { run } from "../stack/command-stand-in.ts";

const validator = Compile(DestroyOutput);
const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/summit-Queue";

function stack(stage: "test" | "production", change: Partial<StandInStack> = {}): StandInStack {
  const policy = stage === "production" ? ({ policy: "Retain" } as const) : {};
  const name = `summit-${stage}`;
  return {
    name,
    status: "CREATE_COMPLETE",
    stage,
    isProtected: stage === "production",
    outputs: { QueueUrl: queueUrl, RegistrationsTable: `${name}-DataRegistrations` },
    resources: [
      { logicalId: "Vpc", type: "AWS::EC2::VPC", name: "vpc-1" },
      {
        logicalId: "DataRegistrations5",
        type: "AWS::DynamoDB::GlobalTable",
        name: `${name}-DataRegistrations`,
        ...policy,
      },
      { logicalId: "DataQueue5", type: "AWS::SQS::Queue", name: queueUrl, ...policy },
    ],
    ...change,
  };
}

function open(t: Test, stacks: StandInStack[]) {
  const opened = openAccount(t, stacks);
  const destroy = (args: readonly string[], typed?: string) =>
    run(
      (host) => buildDestroyCommand(host, { pollMs: 1, outputFolder: t.testdirName }),
      args,
      typed === undefined ? {} : { typed },
    );
  const deletions = () => opened.mocks.cloudFormation.commandCalls(DeleteStackCommand).length;
  return { ...opened, destroy, deletions };
}

function checked(t: Test, output: unknown): DestroyOutput {
  t.ok(validator.Check(output), JSON.stringify([...validator.Errors(output)].slice(0, 2)));
  return output as DestroyOutput;
}

const test = ["--stack", "summit-test"];
const production = ["--stack", "summit-production"];

t.test("--help explains every option, with examples; without --stack it does nothing", async (t) => {
  const { destroy } = open(t, []);
  const { code, stdout } = await destroy(["--help"]);
  t.equal(code, 0);
  for (const word of ["Examples:", "Exit codes:", "--export", "--delete-data", "--dry-run", "--timeout", "--json"])
    t.match(stdout, word);
  t.match(await destroy([]), { code: 2, stderr: /--stack/ });
});

t.test("a test stage is removed, and nothing is kept", async (t) => {
  const { destroy, stacks } = open(t, [stack("test")]);
  const { code, stdout, stderr } = await destroy(test, "summit-test");
  t.equal(code, 0, stderr);
  t.match(stderr, /summit-test \(test\) in account 123456789012, eu-central-1/);
  t.match(stderr, /goes: {2}3 resource\(s\)[\s\S]*stays: nothing/);
  t.match(stdout, /summit-test is removed[\s\S]*Nothing of summit-test is left/);
  t.equal(stacks[0]?.status, "DELETE_COMPLETE");
});

t.test("any other name than the stack's, and --dry-run, remove nothing", async (t) => {
  const { destroy, deletions } = open(t, [stack("test")]);
  t.match(await destroy(test, "yes"), { code: 1, stdout: /Nothing was removed/ });
  t.match(await destroy([...test, "--dry-run"]), { code: 0, stdout: /Nothing was removed/, stderr: /3 resource\(s\)/ });
  t.match(await destroy(test), { code: 2, stderr: /--yes/ }, "nobody is there to ask");
  t.equal(deletions(), 0);
});

t.test("a production shows what it keeps, loses its protection, and what it keeps is no failure", async (t) => {
  const { destroy, mocks } = open(t, [stack("production")]);
  mocks.dynamoDb.on(DescribeTableCommand).resolves({ Table: { TableStatus: "ACTIVE" } });
  const { code, stdout, stderr } = await destroy([...production, "--yes"]);
  t.equal(code, 0, stderr);
  t.match(stderr, /stays: summit-production-DataRegistrations \(AWS::DynamoDB::GlobalTable\)/);
  t.match(stderr, /Switched the termination protection of summit-production off/);
  t.match(stdout, /summit-production-DataRegistrations +kept/);
  t.match(stdout, "0 left and 2 kept");
  t.equal(mocks.dynamoDb.commandCalls(DeleteTableCommand).length, 0);
});

t.test("--delete-data removes what a production keeps, after the stack", async (t) => {
  const { destroy, mocks } = open(t, [stack("production")]);
  mocks.dynamoDb.on(DescribeTableCommand).rejects(awsError("ResourceNotFoundException"));
  mocks.sqs.on(GetQueueUrlCommand).rejects(awsError("QueueDoesNotExist"));
  const { code, stderr, json } = await destroy([...production, "--yes", "--delete-data", "--json"]);
  t.equal(code, 0, stderr);
  t.match(stderr, /goes: {2}summit-production-DataRegistrations/);
  t.match(checked(t, json()), { outcome: "removed", stage: "production", kept: [], leftovers: { clean: true } });
  t.equal(mocks.dynamoDb.commandCalls(DeleteTableCommand).length, 1);
  t.match(mocks.sqs.commandCalls(DeleteQueueCommand)[0]?.args[0].input, { QueueUrl: queueUrl });
});

t.test("what a production left earlier is deleted later, by the same option, and only that", async (t) => {
  const left = stack("production", { status: "DELETE_COMPLETE" });
  for (const resource of left.resources ?? []) {
    resource.status = resource.policy === "Retain" ? "DELETE_SKIPPED" : "DELETE_COMPLETE";
  }
  const other = { logicalId: "Shop", type: "AWS::DynamoDB::Table", name: "shop", status: "DELETE_SKIPPED" };
  left.resources?.push(other);
  const { destroy, mocks } = open(t, [left]);
  const kept = await destroy([...production, "--yes"]);
  t.match(kept, { code: 0, stderr: /removed earlier[\s\S]*--delete-data deletes these/, stdout: /0 left and 3 kept/ });
  t.match(await destroy([...production, "--yes", "--delete-data"]), { code: 0, stdout: /is removed/ });
  const deleted = mocks.dynamoDb.commandCalls(DeleteTableCommand).map(({ args }) => args[0].input.TableName);
  t.same(deleted, ["summit-production-DataRegistrations"]);
});

t.test("what a production left earlier is still exported when asked", async (t) => {
  const left = stack("production", { status: "DELETE_COMPLETE" });
  for (const resource of left.resources ?? [])
    resource.status = resource.policy === "Retain" ? "DELETE_SKIPPED" : "DELETE_COMPLETE";
  const documents = mockClient(DynamoDBDocumentClient);
  t.teardown(() => documents.restore());
  documents.onAnyCommand().resolves({ Items: [] });
  const file = join(t.testdir(), "registrations.csv");
  const { code, stderr, json } = await open(t, [left]).destroy([...production, "--yes", "--json", "--export", file]);
  t.equal(code, 0, stderr);
  t.match(checked(t, json()), { outcome: "removed", exported: { file, rows: 0 } });
});

t.test("registrations still on the queues are reported before anything is removed", async (t) => {
  const { destroy, mocks } = open(t, [stack("test")]);
  mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: "12" } });
  const { stderr, json } = await destroy([...test, "--dry-run", "--json"]);
  t.match(stderr, /12 message\(s\) with accepted registrations still wait.*never stored/);
  t.match(checked(t, json()), { outcome: "planned", waitingMessages: 12, removed: 3, kept: [] });
  mocks.sqs.on(GetQueueAttributesCommand).rejects(awsError("AccessDenied"));
  t.match(await destroy([...test, "--dry-run"]), { code: 0, stderr: /cannot be told/ });
});

t.test("--export writes the table first; an export that fails removes nothing", async (t) => {
  const file = join(t.testdir(), "registrations.jsonl");
  const documents = mockClient(DynamoDBDocumentClient);
  t.teardown(() => documents.restore());
  const { destroy, deletions } = open(t, [stack("test")]);
  documents.onAnyCommand().rejects(awsError("AccessDeniedException", "may not dynamodb:Scan"));
  const failed = await destroy([...test, "--yes", "--export", file]);
  t.match(failed, { code: 1, stderr: /dynamodb:Scan/ });
  t.equal(deletions(), 0);
  const person = { email: "ann@example.org", name: "Ann", registrationId: "1", submittedAt: "x", storedAt: "y" };
  documents.onAnyCommand().callsFake((input: { Segment?: number }) => ({ Items: input.Segment === 0 ? [person] : [] }));
  const other = join(t.testdirName, "other.jsonl");
  const { code, json, stderr } = await destroy([...test, "--yes", "--json", "--export", other]);
  t.equal(code, 0, stderr);
  t.match(checked(t, json()), { outcome: "removed", exported: { file: other, rows: 1 } });
  t.match(readFileSync(other, "utf8"), "ann@example.org");
  t.equal(deletions(), 1);
  t.notOk(existsSync(file));
  t.match(await destroy([...test, "--export", "x.xls"]), { code: 2, stderr: /\.csv or \.jsonl/ });
});

t.test("the removal of a half removed stack continues; what blocks it is named with what to do", async (t) => {
  const { destroy, stacks, happen, mocks } = open(t, [stack("test", { status: "DELETE_FAILED" })]);
  const stuck = (one: StandInStack): void => {
    const reason = "The vpc 'vpc-1' has dependencies and cannot be deleted.";
    happen({ stack: one.name, logicalId: "Vpc", type: "AWS::EC2::VPC", status: "DELETE_FAILED", reason });
    one.status = "DELETE_FAILED";
  };
  stacks[0]!.steps = [() => {}, stuck];
  const { code, stdout } = await destroy([...test, "--yes"]);
  t.equal(code, 1);
  t.match(stdout, /Not removed: Vpc[\s\S]*has dependencies[\s\S]*quarter of an hour[\s\S]*half removed/);
  t.equal(mocks.ec2.commandCalls(DescribeNetworkInterfacesCommand).length, 2, "the way was cleared between the tries");
  const { json } = await destroy([...test, "--yes", "--json"]);
  t.match(checked(t, json()), { outcome: "failed", failures: [{ resource: "Vpc" }], leftovers: null });
});

t.test("a stack whose first deployment failed is removed as well", async (t) => {
  for (const status of ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"]) {
    const { destroy } = open(t, [stack("test", { status, outputs: {} })]);
    t.match(await destroy([...test, "--yes"]), { code: 0, stderr: /cannot be told/ }, status);
  }
});

t.test("what a failed deployment left is read before it is removed, and nothing of one that worked", async (t) => {
  t.testdir();
  const environment = { logicalId: "PlatformWeb", type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1" };
  const half = stack("test", { status: "CREATE_FAILED", outputs: {}, resources: [environment] });
  const { destroy, mocks, stacks } = open(t, [half]);
  mocks.beanstalk.on(DescribeEventsCommand).callsFake(() => {
    if (stacks[0]?.status !== "CREATE_FAILED") throw awsError("InvalidParameterValue", "No Environment found");
    return { Events: [{ Severity: "ERROR", Message: "Engine execution has failed" }] };
  });
  const { code, stderr, json } = await destroy([...test, "--yes", "--json"]);
  t.equal(code, 0, stderr);
  const { evidence } = checked(t, json());
  t.match(evidence, [/summ-Plat-1-events\.txt$/]);
  t.match(readFileSync(evidence[0] ?? "", "utf8"), "Engine execution has failed");

  const whole = open(t, [stack("test")]);
  t.match(checked(t, (await whole.destroy([...test, "--yes", "--json"])).json()), { evidence: [] });
  t.equal(whole.mocks.beanstalk.commandCalls(RequestEnvironmentInfoCommand).length, 0);
});

t.test("the firewall's stack is removed after the main one, or alone", async (t) => {
  const firewall = (): StandInStack => ({
    name: "summit-test-firewall",
    status: "CREATE_COMPLETE",
    description: "Turnout: firewall of summit-test",
  });
  const both = open(t, [stack("test"), firewall()]);
  t.match(await both.destroy([...test, "--yes"]), { code: 0 });
  const asked = both.mocks.cloudFormation.commandCalls(DeleteStackCommand).map(({ args }) => args[0].input.StackName);
  t.match(asked, [/summit-test\/1$/, /summit-test-firewall\/1$/]);
  const alone = open(t, [firewall()]);
  t.match(await alone.destroy([...test, "--yes"]), { code: 0, stdout: /summit-test is removed/ });
});

t.test("leftovers are removed; those that cannot be are reported, with exit code 1", async (t) => {
  const { destroy, mocks } = open(t, [stack("test")]);
  const groups = mocks.logs.on(DescribeLogGroupsCommand, { logGroupNamePrefix: "summit-test-" });
  groups.resolvesOnce({ logGroups: [{ logGroupName: "summit-test-Log" }] }).resolves({});
  t.match(await destroy([...test, "--yes"]), { code: 0, stderr: /Removed log group summit-test-Log/ });
  const stubborn = open(t, [stack("test")]);
  stubborn.mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "summit-test-" })
    .resolves({ logGroups: [{ logGroupName: "summit-test-Log" }] })
    .on(DeleteLogGroupCommand)
    .rejects(awsError("AccessDeniedException", "may not logs:DeleteLogGroup"));
  const { code, stdout, stderr } = await stubborn.destroy([...test, "--yes"]);
  t.equal(code, 1);
  t.match(stderr, "logs:DeleteLogGroup");
  t.match(stdout, /summit-test-Log +left/);
});

t.test("a removal that stopped after the stack was gone goes on with what is left", async (t) => {
  const { destroy, mocks, stacks, deletions } = open(t, [stack("test")]);
  mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "summit-test-" })
    .resolves({ logGroups: [{ logGroupName: "summit-test-Log" }] })
    .on(DeleteLogGroupCommand)
    .rejects(awsError("AccessDeniedException"));
  t.match(await destroy([...test, "--yes"]), { code: 1, stdout: /summit-test-Log +left/ });
  t.equal(stacks[0]?.status, "DELETE_COMPLETE");
  t.match(await destroy([...test, "--dry-run"]), { code: 0, stderr: /goes: {2}log group summit-test-Log/ });

  mocks.logs
    .on(DeleteLogGroupCommand)
    .callsFake(() => void mocks.logs.on(DescribeLogGroupsCommand, { logGroupNamePrefix: "summit-test-" }).resolves({}));
  const resumed = await destroy([...test, "--json"], "summit-test");
  t.equal(resumed.code, 0, resumed.stderr);
  t.match(resumed.stderr, /removed earlier[\s\S]*Removed log group summit-test-Log/);
  t.match(checked(t, resumed.json()), { outcome: "removed", leftovers: { clean: true } });
  t.equal(deletions(), 1, "the stack itself was removed by the first run");
  t.match(await destroy(test), { code: 0, stdout: /Nothing of summit-test is left/ }, "again: nothing to ask about");
});

t.test("a name that only another application's removed stack had is no removal that goes on", async (t) => {
  const { destroy, mocks } = open(t, [stack("test", { status: "DELETE_COMPLETE", description: "A shop" })]);
  mocks.logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [{ logGroupName: "summit-test-Log" }] });
  t.match(await destroy([...test, "--yes"]), { code: 2, stderr: /There is no stack summit-test/ });
  t.equal(mocks.logs.commandCalls(DeleteLogGroupCommand).length, 0);
});

t.test("another application's stack, one that is changing, and a missing one are not touched", async (t) => {
  const foreign = open(t, [stack("test", { stage: undefined })]);
  t.match(await foreign.destroy([...test, "--yes"]), { code: 2, stderr: /none of Turnout's/ });
  foreign.mocks.cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: "Resources: {}" });
  t.match(await foreign.destroy([...test, "--yes"]), { code: 2, stderr: /none of Turnout's/ }, "its template is YAML");
  const busy = open(t, [stack("test", { status: "UPDATE_IN_PROGRESS" })]);
  t.match(await busy.destroy([...test, "--yes"]), { code: 1, stderr: /Wait until that is done/ });
  const none = open(t, []);
  t.match(await none.destroy([...test, "--yes"]), { code: 2, stderr: /There is no stack summit-test in account/ });
  for (const { deletions } of [foreign, busy, none]) t.equal(deletions(), 0);
});

t.test("AWS errors are reported with what to do, without a stack trace", async (t) => {
  const { destroy, mocks } = open(t, [stack("test")]);
  for (const [error, remedy] of [
    ["AccessDenied", /may not do this/],
    ["Throttling", /Wait a little/],
  ] as const) {
    mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError(error));
    const { code, stderr } = await destroy([...test, "--yes"]);
    t.equal(code, 1);
    t.match(stderr, remedy);
    t.notMatch(stderr, /^\s+at /m);
  }
  mocks.sts.on(GetCallerIdentityCommand).rejects(awsError("CredentialsProviderError"));
  t.match(await destroy([...test, "--yes"]), { code: 1, stderr: /aws sso login/ });
});
