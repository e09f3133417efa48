import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { CloudWatchLogsClient, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeSecurityGroupsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { Checklist } from "../../../deploy/stack/checklist.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { awsError, outputs, summit } from "../stack/deployed-summit.ts";
import { sendJson, startFront } from "../stack/front.ts";

const mocks = {
  autoScaling: mockClient(AutoScalingClient),
  beanstalk: mockClient(ElasticBeanstalkClient),
  cloudFormation: mockClient(CloudFormationClient),
  cloudFront: mockClient(CloudFrontClient),
  cloudWatch: mockClient(CloudWatchClient),
  dynamoDb: mockClient(DynamoDBClient),
  ec2: mockClient(EC2Client),
  logs: mockClient(CloudWatchLogsClient),
  sqs: mockClient(SQSClient),
  sts: mockClient(STSClient),
  tables: mockClient(DynamoDBDocumentClient),
};
const validator = Compile(Checklist);
t.teardown(() => Object.values(mocks).forEach((mock) => mock.restore()));
t.beforeEach(() => {
  for (const mock of Object.values(mocks)) {
    mock.reset();
    mock.resolves({});
  }
  mocks.cloudFormation
    .on(ListStackResourcesCommand)
    .resolves({ StackResourceSummaries: [{ LogicalResourceId: "Queue", ResourceStatus: "CREATE_COMPLETE" } as never] });
  mocks.sts.on(GetCallerIdentityCommand).resolves({ Arn: "arn:aws:iam::123456789012:user/ann" });
});

const verify = (...options: string[]) =>
  runCommand(["stack", "verify", "--stack", "summit-test", "--region", "eu-central-1", ...options]);
const statusOf = (list: Checklist, name: string) => list.checks.find((check) => check.name === name)?.status;

t.test("a made-up person is registered, confirmed and erased again, with an entry in the audit log", async (t) => {
  let email = "";
  const { url } = await startFront(t, {
    "POST /registrations": (request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        ({ email } = JSON.parse(body) as { email: string });
        sendJson(response, 202, { receipt: "r", status: "pending", statusUrl: "/registrations/r" });
      });
    },
    "GET /registrations/r": (_request, response) => sendJson(response, 200, { status: "confirmed" }),
  });
  const here = { ...outputs, Url: url, LoadBalancerDnsName: "127.0.0.1" };
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit({ outputs: here })] });
  mocks.tables
    .on(GetCommand)
    .callsFake(({ Key }: { Key: { email?: string } }) =>
      Key.email === email ? { Item: { email, registrationId: "smoke-1" } } : {},
    );
  const run = await verify("--json");
  const list = run.json() as Checklist;
  t.ok(validator.Check(list));
  t.equal(statusOf(list, "smoke registration"), "ok");
  t.equal(statusOf(list, "smoke registration forgotten"), "ok");
  t.equal(statusOf(list, "event page"), "ok");
  t.match(email, /@.*(example|テスト|испытание)/);
  const put = mocks.tables.commandCalls(PutCommand).map(({ args }) => args[0].input.Item);
  t.match(
    put.filter((item) => item?.email === email),
    [{ tombstone: "erased", registrationId: "smoke-1" }],
  );
  t.match(
    put.filter((item) => item?.outcome !== undefined),
    [{ id: "smoke-1", outcome: "erased" }],
  );
  const lines = mocks.tables.commandCalls(PutCommand).map(({ args }) => JSON.stringify(args[0].input.Item));
  t.ok(lines.some((line) => line.includes("made-up person of stack verify") && !line.includes(email)));
  const grouped = mocks.logs.commandCalls(PutLogEventsCommand).map(({ args }) => JSON.stringify(args[0].input));
  t.ok(grouped.some((line) => line.includes("made-up person of stack verify") && !line.includes(email)));
  t.equal(run.code, 1, "nothing that AWS did not confirm counts as well");
  t.equal(statusOf(list, "web environment"), "failed");
});

t.test("what runs is compared with the deployed template: options, properties and open ports", async (t) => {
  const template = {
    Resources: {
      Vpc: { Type: "AWS::EC2::VPC" },
      Web: {
        Type: "AWS::ElasticBeanstalk::Environment",
        Properties: {
          Tier: { Name: "WebServer" },
          OptionSettings: [{ Namespace: "aws:autoscaling:asg", OptionName: "MaxSize", Value: "20" }],
        },
      },
      Group: { Type: "AWS::EC2::SecurityGroup", Properties: { SecurityGroupIngress: [] } },
    },
  };
  const names = { Vpc: "vpc-1", Group: "sg-1" };
  mocks.cloudFormation
    .on(DescribeStacksCommand)
    .resolves({
      Stacks: [summit({ outputs: { ...outputs, LoadBalancerDnsName: "127.0.0.1", Url: "http://127.0.0.1:9" } })],
    })
    .on(GetTemplateCommand)
    .resolves({ TemplateBody: JSON.stringify(template) })
    .on(ListStackResourcesCommand)
    .resolves({
      StackResourceSummaries: Object.entries(names).map(
        ([LogicalResourceId, PhysicalResourceId]) =>
          ({ LogicalResourceId, PhysicalResourceId, ResourceStatus: "CREATE_COMPLETE" }) as never,
      ),
    });
  const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  mocks.ec2
    .on(DescribeSecurityGroupsCommand)
    .resolves({ SecurityGroups: [{ GroupId: "sg-1", GroupName: "web", IpPermissions: [ssh] }] });
  const { stdout } = await verify("--no-smoke");
  t.match(stdout, /^FAIL {2}web options +aws:autoscaling:asg MaxSize is not set/m);
  t.match(stdout, /^ok +worker properties +all 0/m);
  t.match(stdout, /^FAIL {2}ports of Group +open beside the template: in tcp 22 from 0\.0\.0\.0\/0/m);
  t.match(stdout, /^ok +no public address/m);
});

t.test("of an incomplete stack the other checks are skipped, with what to do", async (t) => {
  mocks.cloudFormation
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [summit({ StackStatus: "ROLLBACK_COMPLETE", outputs: {} })] })
    .on(ListStackResourcesCommand)
    .resolves({
      StackResourceSummaries: [
        { LogicalResourceId: "Web", ResourceStatus: "DELETE_FAILED", ResourceStatusReason: "in use" } as never,
      ],
    });
  const { code, stdout } = await verify();
  t.equal(code, 1);
  t.match(stdout, /^FAIL {2}stack +ROLLBACK_COMPLETE/m);
  t.match(stdout, /→ .*npm run destroy/);
  t.match(stdout, /^FAIL {2}resources +1 of 1 are not in place: Web is DELETE_FAILED \(in use\)/m);
  t.match(stdout, /^- +everything else/m);
});

t.test("bad input, a missing stack and an error of CloudFormation end without a stack trace", async (t) => {
  mocks.cloudFormation
    .on(DescribeStacksCommand)
    .rejects(awsError("ValidationError", "Stack summit-test does not exist"));
  const unknown = await verify();
  t.equal(unknown.code, 2);
  t.match(unknown.stderr, "TURNOUT_DEPLOYMENT_UNKNOWN");
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("Throttling", "Rate exceeded"));
  const throttled = await verify();
  t.equal(throttled.code, 1);
  t.match(throttled.stderr, /Rate exceeded[\s\S]*throttles/);
  const without = await runCommand(["stack", "verify"]);
  t.equal(without.code, 2);
  t.match(without.stderr, "--stack NAME");
  for (const { stderr } of [unknown, throttled, without]) t.notMatch(stderr, /^\s+at /m);
});
