import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { DescribeLimitsCommand } from "@aws-sdk/client-dynamodb";
import { DescribeAvailabilityZonesCommand, DescribeInstanceTypeOfferingsCommand } from "@aws-sdk/client-ec2";
import { DescribeEnvironmentResourcesCommand, ListPlatformVersionsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { buildDeployCommand } from "../../../deploy/deploy/command.ts";
import { DeployOutput } from "../../../deploy/deploy/deploy-report.ts";
import { account, awsError, openAccount, region, type StandInStack } from "../stack/account-stand-in.ts";
import { run } from "../stack/command-stand-in.ts";
import { assembleApp } from "./assembled-app.ts";

const validator = Compile(DeployOutput);
const name = "summit-test";
const outputs = { Url: "https://d1.cloudfront.net", DistributionDomainName: "d1.cloudfront.net", Dashboard: "summit" };
const toolkit = {
  name: "CDKToolkit",
  description: "This stack includes resources needed to deploy AWS CDK apps into this environment",
  status: "CREATE_COMPLETE",
  parameters: { Qualifier: "hnb659fds" },
  outputs: { BootstrapVersion: "28" },
};
const whole = { name, status: "CREATE_COMPLETE", stage: "test" as const, outputs };
const template: { Metadata: Record<string, unknown>; Resources: Record<string, object> } = {
  Metadata: {},
  Resources: {
    NetworkVpc7F: { Type: "AWS::EC2::VPC", Metadata: { "aws:cdk:path": `${name}/Network/Vpc/Resource` } },
    PlatformWebD1: { Type: "AWS::ElasticBeanstalk::Environment", Properties: {} },
  },
};

interface Scene {
  readonly stacks?: StandInStack[];
  /** What CDK's command does besides taking notes: a shell script that sees its arguments. */
  readonly script?: string;
  /** What is in the account once `cdk deploy` has begun. */
  readonly afterDeploy?: (happen: ReturnType<typeof openAccount>["happen"]) => StandInStack[];
  readonly afterBootstrap?: StandInStack;
  /** What the app synthesises. */
  readonly synthesised?: typeof template;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** An account, a synthesised app, and a shell script in CDK's place that notes what it was asked for. */
function open(
  t: Test,
  { stacks = [toolkit], script = "", synthesised = template, now = Date.now, ...scene }: Scene = {},
) {
  const { afterDeploy, afterBootstrap } = scene;
  const assemblyFolder = assembleApp(t, name, synthesised, {
    "outputs.json": JSON.stringify({ [name]: outputs }),
  });
  const notes = join(assemblyFolder, "notes");
  writeFileSync(notes, "");
  const asked = () => readFileSync(notes, "utf8").trim().split("\n");
  let deployed = false;
  let bootstrapped = false;
  const opened = openAccount(t, [...stacks], (present) => {
    if (!bootstrapped && afterBootstrap && asked().some((line) => line.startsWith("bootstrap"))) {
      bootstrapped = true;
      present.push(afterBootstrap);
    }
    if (deployed || !afterDeploy || !existsSync(notes) || !asked().some((line) => line.startsWith("deploy"))) return;
    deployed = true;
    present.splice(0, present.length, toolkit, ...afterDeploy(opened.happen));
  });
  opened.mocks.quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 100 } });
  opened.mocks.dynamoDb.on(DescribeLimitsCommand).resolves({ TableMaxWriteCapacityUnits: 40_000 });
  const cdk = { command: "/bin/sh", args: ["-c", `echo "$*" >> ${notes}; ${script}`, "cdk"], folder: assemblyFolder };
  const deploy = (args: readonly string[], typed?: string) =>
    run(
      (host) => buildDeployCommand(host, { cdk, assemblyFolder, now, pollMs: 1 }),
      args,
      typed === undefined ? {} : { typed },
    );
  return { ...opened, asked, deploy, assemblyFolder };
}

function checked(t: Test, output: unknown): DeployOutput {
  t.ok(validator.Check(output), JSON.stringify([...validator.Errors(output)].slice(0, 2)));
  return output as DeployOutput;
}

t.test("--help explains every option, with examples", async (t) => {
  const { code, stdout } = await open(t).deploy(["--help"]);
  t.equal(code, 0);
  for (const word of ["Examples:", "Exit codes:", "--context", "--bootstrap", "--dry-run", "--yes", "--json"])
    t.match(stdout, word);
});

t.test("a first deployment: checks, differences, a question, progress, and what to do next", async (t) => {
  const script =
    'case $1 in diff) echo "[+] AWS::EC2::VPC Network/Vpc";; deploy) echo "CREATE_COMPLETE | Network/Vpc";; esac';
  const { deploy, asked, assemblyFolder } = open(t, {
    script,
    afterDeploy(happen) {
      happen({ stack: name, logicalId: "NetworkVpc7F", type: "AWS::EC2::VPC", status: "CREATE_COMPLETE" });
      return [whole];
    },
  });
  const { code, stdout, stderr } = await deploy(["-c", "stage=test", "-c", "stackName=summit"], "y");
  t.equal(code, 0, stderr);
  t.match(stderr, new RegExp(`${name} in account ${account}, ${region}, as arn:aws:iam::${account}:user/ann`));
  t.match(stderr, /ok {2}VPCs: 1 needed, 100 of 100 left/);
  t.match(stderr, /\[\+\] AWS::EC2::VPC/);
  t.match(stderr, /Create summit-test in account/);
  t.match(stderr, "CREATE_COMPLETE | Network/Vpc");
  t.match(stdout, /summit-test is created/);
  t.match(stdout, "Event page: https://d1.cloudfront.net");
  t.match(stdout, "npm run turnout -- stack verify --stack summit-test");
  const place = `--region ${region}`;
  t.same(asked(), [
    `synth -q --output ${assemblyFolder} -c stage=test -c stackName=summit -c turnout:draft=true ${place}`,
    `synth -q --output ${assemblyFolder} -c stage=test -c stackName=summit ${place}`,
    `diff ${name} --app ${assemblyFolder} ${place}`,
    `deploy --app ${assemblyFolder} --all --require-approval never --progress events --outputs-file ${assemblyFolder}/outputs.json ${place}`,
  ]);
});

t.test("an answer other than yes, and --dry-run, deploy nothing", async (t) => {
  const { deploy, asked } = open(t);
  t.match(await deploy([], "n"), { code: 1, stdout: /Nothing was deployed/ });
  t.match(await deploy(["--dry-run"]), { code: 0, stdout: /without --dry-run/ });
  t.notMatch(asked().join("\n"), /^deploy/m);
});

t.test("without a terminal and --yes it is wrong usage, and nothing is deployed", async (t) => {
  const { deploy, asked } = open(t);
  t.match(await deploy([]), { code: 2, stderr: /--yes/ });
  t.notMatch(asked().join("\n"), /^deploy/m);
});

t.test("--json fits its schema, whatever the outcome", async (t) => {
  const fresh = open(t, { afterDeploy: () => [whole] });
  const created = await fresh.deploy(["--yes", "--json"]);
  t.equal(created.code, 0);
  t.match(checked(t, created.json()), { outcome: "created", stack: name, url: outputs.Url, outputs, failure: null });
  const again = open(t, { stacks: [toolkit, whole] });
  const unchanged = await again.deploy(["--yes", "--json"]);
  t.match(checked(t, unchanged.json()), { outcome: "unchanged", url: outputs.Url });
  const updated = open(t, {
    stacks: [toolkit, whole],
    afterDeploy(happen) {
      happen({ stack: name, logicalId: "NetworkVpc7F", status: "UPDATE_COMPLETE" });
      return [whole];
    },
  });
  t.match(checked(t, (await updated.deploy(["--yes", "--json"])).json()), { outcome: "updated" });
  t.match(checked(t, (await again.deploy(["--dry-run", "--json"])).json()), { outcome: "planned", url: null });
});

t.test("a failed deployment names what failed first, why and what to do", async (t) => {
  const scene: Scene = {
    script: 'if [ "$1" = deploy ]; then echo "summit-test failed"; exit 1; fi',
    afterDeploy(happen) {
      const vpc = { stack: name, logicalId: "NetworkVpc7F", type: "AWS::EC2::VPC" };
      happen({ ...vpc, status: "CREATE_FAILED", reason: "The maximum number of VPCs has been reached." });
      return [{ name, status: "ROLLBACK_COMPLETE", stage: "test" }];
    },
  };
  const { code, stdout } = await open(t, scene).deploy(["--yes"]);
  t.equal(code, 1);
  t.match(stdout, /Failed: Network\/Vpc \(AWS::EC2::VPC\) of summit-test[\s\S]*maximum number[\s\S]*Service Quotas/);
  const machine = await open(t, scene).deploy(["--yes", "--json"]);
  t.match(checked(t, machine.json()), { outcome: "failed", failure: { resource: "Network/Vpc", advice: /quota/ } });
});

t.test("where CDK fails before CloudFormation begins, its last line is the reason", async (t) => {
  const script = 'if [ "$1" = deploy ]; then echo "Failed to publish asset: AccessDenied" >&2; exit 1; fi';
  const { code, stdout, stderr } = await open(t, { script }).deploy(["--yes"]);
  t.equal(code, 1);
  t.match(stdout, /Failed: CDK[\s\S]*Failed to publish asset/);
  t.match(stderr, "Failed to publish asset");
});

t.test("differences that cannot be shown do not stop the deployment", async (t) => {
  const script = 'if [ "$1" = diff ]; then echo "no lookup role" >&2; exit 1; fi';
  const { code, stderr } = await open(t, { script, afterDeploy: () => [whole] }).deploy(["--yes"]);
  t.equal(code, 0);
  t.match(stderr, /no lookup role[\s\S]*differences cannot be shown/);
});

t.test("incomplete and changing stacks are reported with what to do, and not changed", async (t) => {
  for (const [status, remedy] of [
    ["ROLLBACK_COMPLETE", /npm run destroy -- --stack summit-test/],
    ["DELETE_FAILED", /npm run destroy -- --stack summit-test/],
    ["UPDATE_IN_PROGRESS", /somebody else/],
    ["UPDATE_ROLLBACK_FAILED", /continue-update-rollback/],
    ["UPDATE_FAILED", /rollback-stack --stack-name summit-test --region eu-central-1; then deploy again/],
  ] as const) {
    const { deploy, asked } = open(t, { stacks: [toolkit, { ...whole, status }] });
    const { code, stderr } = await deploy(["--yes"]);
    t.equal(code, 1, status);
    t.match(stderr, remedy);
    t.ok(
      asked().every((line) => line.startsWith("synth")),
      "only synthesised",
    );
  }
  const foreign = open(t, { stacks: [toolkit, { ...whole, description: "A shop" }] });
  t.match(await foreign.deploy(["--yes"]), { code: 1, stderr: /none of Turnout's/ });
});

t.test("a quota that is too small stops it before anything is created", async (t) => {
  const { deploy, mocks } = open(t);
  mocks.quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 0 } });
  const { code, json } = await deploy(["--yes", "--json"]);
  t.equal(code, 1);
  const { outcome, problems } = checked(t, json());
  t.equal(outcome, "not-ready");
  t.match(problems, [/vCPUs are needed, 0 of 0 are left.*Service Quotas/, /VPCs/, /inbound rules/]);
});

const branch = "Node.js 24 running on 64bit Amazon Linux 2023";
const left = {
  Metadata: { "turnout:open-settings": ["platformVersion", "zones"] },
  Resources: {
    Action: { Type: "AWS::AutoScaling::ScheduledAction", Properties: { StartTime: "2027-03-01T08:45:00Z" } },
    PlatformWebD1: {
      Type: "AWS::ElasticBeanstalk::Environment",
      Properties: {
        PlatformArn: { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `::platform/${branch}/6.1.0`]] },
        OptionSettings: [{ Namespace: "aws:ec2:instances", OptionName: "InstanceTypes", Value: "c7g.medium" }],
      },
    },
  },
};
const dayBefore = () => Date.parse("2027-02-28T08:45:00Z");

/** Two zones of three have the instance type; the newest platform is 6.12.0. */
function offer({ beanstalk, ec2 }: ReturnType<typeof openAccount>["mocks"]): void {
  beanstalk.on(ListPlatformVersionsCommand).resolves({ PlatformSummaryList: [{ PlatformVersion: "6.12.0" }] });
  ec2
    .on(DescribeAvailabilityZonesCommand)
    .resolves({ AvailabilityZones: [{ ZoneId: "euc1-az3" }, { ZoneId: "euc1-az1" }, { ZoneId: "euc1-az2" }] })
    .on(DescribeInstanceTypeOfferingsCommand)
    .resolves({
      InstanceTypeOfferings: ["euc1-az1", "euc1-az3"].map((Location) => ({ InstanceType: "c7g.medium", Location })),
    });
}

t.test("a new stack gets the newest platform and zones that have what it needs, and the report says so", async (t) => {
  const { deploy, asked, mocks } = open(t, { synthesised: left, now: dayBefore, afterDeploy: () => [whole] });
  offer(mocks);
  const { code, stderr, json } = await deploy(["--yes", "--json"]);
  t.equal(code, 0, stderr);
  t.match(asked()[0], /-c turnout:draft=true/);
  t.match(asked()[1], /-c platformVersion=6\.12\.0 -c zones=euc1-az1,euc1-az3 --region/);
  t.match(checked(t, json()).chosen, [{ setting: "platformVersion", value: "6.12.0" }, { setting: "zones" }]);
  t.match(stderr, /ok {2}platformVersion 6\.12\.0: the newest of Node\.js 24/);
});

t.test("a region without two such zones stops it before anything is created", async (t) => {
  const { deploy, asked, mocks } = open(t, { synthesised: left, now: dayBefore });
  offer(mocks);
  mocks.ec2.on(DescribeInstanceTypeOfferingsCommand).resolves({});
  const { code, stderr } = await deploy(["--yes"]);
  t.equal(code, 1);
  t.match(stderr, /Two zones with c7g\.medium are needed.*euc1-az1: c7g\.medium not offered there/);
  t.ok(asked().every((line) => line.startsWith("synth")));
});

t.test("a change that a live stack cannot take is refused before it is tried", async (t) => {
  const listener = (port: number) => ({ Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { Port: port } });
  const { deploy, asked, mocks } = open(t, {
    stacks: [toolkit, whole],
    synthesised: { ...template, Resources: { ...template.Resources, Listener: listener(443) } },
  });
  mocks.cloudFormation.on(GetTemplateCommand).resolves({
    TemplateBody: JSON.stringify({ ...template, Resources: { ...template.Resources, Listener: listener(80) } }),
  });
  const { code, json } = await deploy(["--yes", "--json"]);
  t.equal(code, 1);
  t.match(checked(t, json()), { outcome: "not-ready", problems: [/domainName.*second stack/] });
  t.ok(asked().every((line) => line.startsWith("synth")));
});

t.test("an event file that stored registrations do not fit is refused, unless it is meant", async (t) => {
  const asking = (fields: object[]) => ({
    ...template,
    Metadata: { "turnout:event-fields": JSON.stringify(fields) },
  });
  const { deploy, asked, mocks } = open(t, { stacks: [toolkit, whole], synthesised: asking([]) });
  mocks.cloudFormation
    .on(GetTemplateCommand)
    .resolves({ TemplateBody: JSON.stringify(asking([{ id: "seat", type: "text", label: "Seat" }])) });
  const { code, json } = await deploy(["--yes", "--json"]);
  t.equal(code, 1);
  t.match(checked(t, json()), { outcome: "not-ready", problems: [/seat is gone.*--accept-event-changes/] });
  t.ok(asked().every((line) => line.startsWith("synth")));
  const accepted = await deploy(["--yes", "--json", "--accept-event-changes"]);
  t.match(checked(t, accepted.json()), { problems: [], warnings: [/seat is gone/] });
  t.match(asked().join("\n"), /^deploy /m);
});

t.test("an answer that came too late for the clock's actions deploys nothing", async (t) => {
  let time = dayBefore();
  const { deploy, asked, mocks } = open(t, { synthesised: left, now: () => time, script: "" });
  offer(mocks);
  // The differences are shown, and the question stays there until shortly before the action.
  mocks.dynamoDb.on(DescribeLimitsCommand).callsFake(() => {
    time = Date.parse("2027-03-01T08:16:00Z");
    return { TableMaxWriteCapacityUnits: 40_000 };
  });
  const { code, stderr } = await deploy([], "y");
  t.equal(code, 1);
  t.match(stderr, /2027-03-01T08:45:00Z, is now too near.*Run the command again/);
  t.notMatch(asked().join("\n"), /^deploy/m);
});

t.test("without CDK's bootstrap stack it says how to get it; --bootstrap makes it", async (t) => {
  const { deploy } = open(t, { stacks: [] });
  const { code, stderr } = await deploy(["--yes"]);
  t.equal(code, 1);
  t.match(stderr, `npx cdk bootstrap aws://${account}/${region}`);
  const other = open(t, { stacks: [], afterBootstrap: toolkit, afterDeploy: () => [whole] });
  const { json } = await other.deploy(["--yes", "--bootstrap", "--json"]);
  t.match(checked(t, json()), { outcome: "created", bootstrap: [{ ready: true, version: 28 }] });
  t.ok(other.asked().includes(`bootstrap aws://${account}/${region}`));
});

t.test("wrong settings end with 2 and every validation error, without a stack trace", async (t) => {
  const script = String.raw`printf 'The configuration has 1 error(s):\n  - stage was "x"\n    at main (file.ts:1)\nnode infra/main.ts: Subprocess exited with error 1\n' >&2; exit 1`;
  const { code, stderr } = await open(t, { script }).deploy(["-c", "stage=x"]);
  t.equal(code, 2);
  t.match(stderr, /cannot be deployed[\s\S]*stage was "x"/);
  t.notMatch(stderr, "Subprocess");
  t.notMatch(stderr, /^\s+at /m);
  t.match(await open(t).deploy(["-c", "stage"]), { code: 2, stderr: /name=value/ });
});

t.test("missing, expired and rejected credentials are reported before anything else is tried", async (t) => {
  for (const [error, remedy] of [
    ["CredentialsProviderError", /aws sso login/],
    ["ExpiredToken", /aws sso login/],
    ["AccessDenied", /may not do this/],
    ["Throttling", /Wait a little/],
  ] as const) {
    const { deploy, mocks, asked } = open(t);
    mocks.sts.on(GetCallerIdentityCommand).rejects(awsError(error));
    const { code, stderr } = await deploy(["--yes"]);
    t.equal(code, 1, error);
    t.match(stderr, remedy);
    t.notMatch(stderr, /^\s+at /m);
    t.same(asked(), [""]);
  }
});

t.test("a bootstrap stack of any name is seen, and updated under its own", async (t) => {
  const own = { ...toolkit, name: "platform-bootstrap" };
  const ready = await open(t, { stacks: [own], afterDeploy: () => [own, whole] }).deploy(["--yes", "--json"]);
  t.match(checked(t, ready.json()), { outcome: "created", bootstrap: [{ ready: true, stack: own.name, version: 28 }] });
  t.match(ready.stderr, "ok  CDK's bootstrap stack in eu-central-1: platform-bootstrap, version 28");

  const old = open(t, { stacks: [{ ...own, outputs: { BootstrapVersion: "5" } }] });
  t.match(await old.deploy(["--yes"]), { stderr: /has version 5 .*--toolkit-stack-name platform-bootstrap/ });
  await old.deploy(["--yes", "--bootstrap"]);
  t.ok(old.asked().includes(`bootstrap aws://${account}/${region} --toolkit-stack-name platform-bootstrap`));

  const foreign = { ...own, parameters: { Qualifier: "elsewhere" } };
  t.match(await open(t, { stacks: [foreign] }).deploy(["--yes"]), { code: 1, stderr: /is missing or incomplete/ });
  const failed = { ...toolkit, status: "ROLLBACK_COMPLETE", outputs: {} };
  const both = await open(t, { stacks: [failed, own] }).deploy(["--dry-run", "--json"]);
  t.match(checked(t, both.json()), { outcome: "planned", bootstrap: [{ ready: true, stack: own.name }] });
});

t.test("--dry-run shows the differences even where the account is not ready", async (t) => {
  const script = 'if [ "$1" = diff ]; then echo "[+] AWS::EC2::VPC Network/Vpc"; fi';
  const { deploy, asked, assemblyFolder } = open(t, { stacks: [], script });
  const { code, stderr, stdout } = await deploy(["--dry-run"]);
  t.match({ code, stdout }, { code: 1, stdout: /Nothing was deployed/ });
  t.match(stderr, /\[\+\] AWS::EC2::VPC[\s\S]*npx cdk bootstrap/);
  t.ok(
    asked().includes(`diff ${name} --app ${assemblyFolder} --method template --region ${region}`),
    "a change set would need the bootstrap stack's bucket",
  );
});

t.test("a first production deployment that failed says what to do about the tables that it keeps", async (t) => {
  const scene = (stage: "test" | "production"): Scene => ({
    script: 'if [ "$1" = deploy ]; then exit 1; fi',
    afterDeploy(happen) {
      const resource = { stack: name, logicalId: "PlatformWebD1", type: "AWS::ElasticBeanstalk::Environment" };
      happen({ ...resource, status: "CREATE_FAILED", reason: "Stack named 'awseb-e-1-stack' aborted operation." });
      return [{ name, status: "ROLLBACK_COMPLETE", stage }];
    },
  });
  const production = await open(t, scene("production")).deploy(["--yes"]);
  t.match(production.stderr, /npm run destroy -- --stack summit-test --delete-data/);
  const test = await open(t, scene("test")).deploy(["--yes"]);
  t.match(test.stderr, /npm run destroy -- --stack summit-test\./);
  t.notMatch(test.stderr, "--delete-data");
});

t.test("--no-rollback and --revert-drift are passed on, and neither is without being asked for", async (t) => {
  const { deploy, asked } = open(t, { afterDeploy: () => [whole] });
  await deploy(["--yes", "--no-rollback", "--revert-drift"]);
  t.match(asked().at(-1), /^deploy .* --no-rollback --revert-drift --region/);
  await deploy(["--yes"]);
  t.notMatch(asked().at(-1), / --(no-rollback|revert-drift)/);
});

t.test("after a rebuilt environment the stack asks for its group again, and keeps the answer", async (t) => {
  const known = {
    ...outputs,
    WebEnvironment: "summit-web",
    WebGroup: "group-1",
    WorkerEnvironment: "summit-worker",
    WorkerGroup: "group-2",
  };
  async function synthesisOf(group: string, deployed: Readonly<Record<string, string>> = {}) {
    const present = { ...whole, outputs: { ...known, ...deployed } };
    const { deploy, asked, mocks } = open(t, { stacks: [toolkit, present] });
    mocks.beanstalk
      .on(DescribeEnvironmentResourcesCommand, { EnvironmentName: "summit-web" })
      .resolves({ EnvironmentResources: { AutoScalingGroups: [{ Name: group }] } })
      .on(DescribeEnvironmentResourcesCommand, { EnvironmentName: "summit-worker" })
      .resolves({ EnvironmentResources: { AutoScalingGroups: [{ Name: "group-2" }] } });
    const { code, stderr } = await deploy(["--yes"]);
    t.equal(code, 0, stderr);
    const synths = asked().filter((line) => line.startsWith("synth"));
    return { round: /lookupRound=\d+/.exec(synths.at(-1) ?? "")?.[0], stderr };
  }
  t.match(await synthesisOf("group-1"), { round: undefined });
  t.match(await synthesisOf("group-9"), { round: "lookupRound=2", stderr: /Rebuilt .*: summit-web/ });
  t.match(await synthesisOf("group-9", { WebGroup: "group-9", LookupRound: "2" }), { round: "lookupRound=2" });
  t.match(await synthesisOf("group-10", { WebGroup: "group-9", LookupRound: "2" }), { round: "lookupRound=3" });
});

t.test("an environment that somebody terminated does not keep the deployment from making it again", async (t) => {
  const known = { ...outputs, WebEnvironment: "summit-web", WebGroup: "group-1" };
  const { deploy, mocks } = open(t, { stacks: [toolkit, { ...whole, outputs: known }] });
  const missing = awsError("InvalidParameterValue", "No Environment found for EnvironmentName = 'summit-web'.");
  mocks.beanstalk.on(DescribeEnvironmentResourcesCommand).rejects(missing);
  const { code, stderr } = await deploy(["--yes", "--revert-drift"]);
  t.equal(code, 0, stderr);
  mocks.beanstalk.on(DescribeEnvironmentResourcesCommand).rejects(awsError("AccessDenied"));
  t.match(await deploy(["--yes"]), { code: 1, stderr: /may not do this/ }, "any other error is told");
});

t.test("what another run put into the shared folder meanwhile is not deployed", async (t) => {
  // Another terminal's --dry-run, while this one shows its differences and asks.
  const script = 'if [ "$1" = diff ]; then sed -i s/Vpc7F/Vpc8A/ "$4/template.json"; fi';
  const { deploy, asked } = open(t, { script });
  const { code, stderr } = await deploy([], "y");
  t.equal(code, 1);
  t.match(stderr, /Another command has synthesised other templates.*Run the command again/);
  t.notMatch(asked().join("\n"), /^deploy/m);
});

t.test("where CDK refuses a replacement without a rollback, the report says what that means", async (t) => {
  const said =
    "Change includes a replacement which cannot be deployed while rollback is disabled. Perform a deployment with rollback enabled, but terminal (TTY) is not attached";
  const script = `if [ "$1" = deploy ]; then echo "${said}" >&2; exit 1; fi`;
  const { stdout } = await open(t, { stacks: [toolkit, whole], script }).deploy(["--yes", "--no-rollback"]);
  t.match(stdout, /changed bundle is another application version: leave it out/);
});
