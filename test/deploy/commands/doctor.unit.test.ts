import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DescribeEnvironmentHealthCommand, ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetAccountCommand, GetEmailIdentityCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { Checklist } from "../../../deploy/stack/checklist.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { awsError, mailOutputs, outputs, summit } from "../stack/deployed-summit.ts";

const mocks = {
  cloudFormation: mockClient(CloudFormationClient),
  cloudWatch: mockClient(CloudWatchClient),
  logs: mockClient(CloudWatchLogsClient),
  beanstalk: mockClient(ElasticBeanstalkClient),
  iam: mockClient(IAMClient),
  ses: mockClient(SESv2Client),
  sqs: mockClient(SQSClient),
  sts: mockClient(STSClient),
  tables: mockClient(DynamoDBDocumentClient),
};
const validator = Compile(Checklist);
t.teardown(() => Object.values(mocks).forEach((mock) => mock.restore()));

/** A deployment in which all is well, until a test says otherwise. */
t.beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit()] });
  mocks.cloudWatch.resolves({ MetricDataResults: [] });
  mocks.logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [{ logGroupName: "a" }] });
  mocks.logs.on(FilterLogEventsCommand).resolves({ events: [] });
  mocks.beanstalk.on(DescribeEnvironmentHealthCommand).resolves({ Color: "Green" });
  mocks.iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames = [] }: { ActionNames?: string[] }) => ({
    EvaluationResults: ActionNames.map((EvalActionName) => ({ EvalActionName, EvalDecision: "allowed" })),
  }));
  mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: "3" } });
  mocks.sts.on(GetCallerIdentityCommand).resolves({ Arn: "arn:aws:sts::123456789012:assumed-role/operator/ann" });
  mocks.tables.on(GetCommand).resolves({});
});

const doctor = (...options: string[]) =>
  runCommand(["doctor", "--stack", "summit-test", "--region", "eu-central-1", ...options]);

t.test("a complete deployment passes, and lists what was checked", async (t) => {
  const run = await doctor("--json");
  t.equal(run.code, 0, run.stderr);
  const list = run.json() as Checklist;
  t.ok(validator.Check(list));
  t.match(list, { deployment: "stack summit-test", passed: true });
  const names = list.checks.map(({ name }) => name);
  for (const name of ["identity", "queue", "worker role: Drain", "web role: Accept", "web log: denied calls"])
    t.ok(names.includes(name), name);
  t.equal(new Set(names).size, names.length, "each once");
});

t.test("where there is mail, its rights, queue, table and the account at SES are among them", async (t) => {
  const mailing = { ...outputs, ...mailOutputs };
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit({ outputs: mailing })] });
  mocks.ses.on(GetAccountCommand).resolves({ SendingEnabled: true, ProductionAccessEnabled: false });
  mocks.ses
    .on(GetEmailIdentityCommand, { EmailIdentity: "example.org" })
    .resolves({ VerifiedForSendingStatus: false, DkimAttributes: { Status: "PENDING", Tokens: ["aa"] } });
  const { code, stdout } = await doctor();
  t.equal(code, 1);
  for (const name of ["mail queue", "mails table", "web role: AskForMail", "worker role: Mail", "worker role: Mails"])
    t.match(stdout, new RegExp(`^ok {4}${name} `, "m"), name);
  t.match(stdout, /^ok {4}mail account +in SES's sandbox/m, "enough for a test stage");
  t.match(stdout, /^FAIL {2}mail identity +example\.org is not verified, DKIM pending/m);
  t.match(stdout, /→ Publish its DNS records.*aa\._domainkey\.example\.org CNAME aa\.dkim\.amazonses\.com/);
  t.notMatch((await doctor()).stderr, /^\s+at /m);
});

t.test("a missing permission is named with its statement, and the exit code is 1", async (t) => {
  mocks.iam
    .on(SimulatePrincipalPolicyCommand, { PolicySourceArn: outputs.WebRoleArn })
    .callsFake(({ ActionNames = [], ResourceArns = [] }: { ActionNames?: string[]; ResourceArns?: string[] }) => ({
      EvaluationResults: ActionNames.map((EvalActionName) => ({
        EvalActionName,
        EvalResourceName: ResourceArns[0],
        EvalDecision: EvalActionName === "sqs:SendMessage" ? "implicitDeny" : "allowed",
      })),
    }));
  const { code, stdout } = await doctor();
  t.equal(code, 1);
  t.match(
    stdout,
    /^FAIL {2}web role: Accept +not allowed: sqs:SendMessage on arn:aws:sqs:eu-central-1:123456789012:summit-queue/m,
  );
  t.match(stdout, /→ The statement Accept of the construct Roles\/WebRole/);
  t.match(stdout, /^ok {4}worker role: Drain/m);
  t.match(stdout, /^1 failed: /m);
});

t.test("a check that AWS denies is unknown, and unknown is not passed", async (t) => {
  mocks.iam.on(SimulatePrincipalPolicyCommand).rejects(awsError("AccessDenied", "iam:SimulatePrincipalPolicy"));
  const { code, stdout } = await doctor();
  t.equal(code, 1);
  t.match(stdout, /^\? {5}worker role: Store/m);
  t.match(stdout, /0 failed, \d+ unknown/);
});

t.test("an incomplete stack is reported as such, with what to do", async (t) => {
  for (const StackStatus of ["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED"] as const) {
    mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit({ StackStatus, outputs: {} })] });
    const { code, stdout } = await doctor();
    t.equal(code, 1);
    t.match(stdout, new RegExp(`^FAIL {2}stack +${StackStatus}`, "m"));
    t.match(stdout, "turnout stack verify");
  }
});

t.test("a missing stack and an error of CloudFormation end without a stack trace", async (t) => {
  mocks.cloudFormation
    .on(DescribeStacksCommand)
    .rejects(awsError("ValidationError", "Stack with id summit-test does not exist"));
  const unknown = await doctor();
  t.equal(unknown.code, 2);
  t.match(unknown.stderr, "TURNOUT_DEPLOYMENT_UNKNOWN");
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("AccessDenied", "cloudformation:DescribeStacks"));
  const denied = await doctor();
  t.equal(denied.code, 1);
  t.match(denied.stderr, /cloudformation:DescribeStacks[\s\S]*Allow the action/);
  t.equal((await doctor("--since", "soon")).code, 2);
  for (const { stderr } of [unknown, denied]) t.notMatch(stderr, /^\s+at /m);
});
