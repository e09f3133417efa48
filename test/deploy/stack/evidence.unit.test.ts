import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeLimitsCommand } from "@aws-sdk/client-dynamodb";
import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import {
  DescribeEnvironmentResourcesCommand,
  DescribeEventsCommand,
  RequestEnvironmentInfoCommand,
  RetrieveEnvironmentInfoCommand,
} from "@aws-sdk/client-elastic-beanstalk";
import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { buildDeployCommand } from "../../../deploy/deploy/command.ts";
import type { DeployOutput } from "../../../deploy/deploy/deploy-report.ts";
import { saveEvidence } from "../../../deploy/stack/evidence.ts";
import { awsError, openAccount, type StandInStack } from "./account-stand-in.ts";
import { run } from "./command-stand-in.ts";
import { assembleApp } from "../deploy/assembled-app.ts";

const name = "summit-test";
const environment = "summ-Plat-1";
const half: StandInStack = {
  name,
  status: "CREATE_IN_PROGRESS",
  stage: "test",
  resources: [{ logicalId: "PlatformWebD1", type: "AWS::ElasticBeanstalk::Environment", name: environment }],
};
const toolkit: StandInStack = { name: "CDKToolkit", status: "CREATE_COMPLETE", outputs: { BootstrapVersion: "28" } };

/** What S3 gives for the links that Elastic Beanstalk answers with. */
async function startBucket(t: Test): Promise<string> {
  const server = createServer((request, response) => response.end(`content of ${request.url}`)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @param isGone whether a rollback has taken the environment away */
async function open(t: Test, stacks: StandInStack[], isGone = () => false, onAsk?: (stacks: StandInStack[]) => void) {
  const bucket = await startBucket(t);
  const opened = openAccount(t, stacks, onAsk);
  const { beanstalk, ec2, logs, quotas, dynamoDb } = opened.mocks;
  const whileThere = <Answer>(answer: Answer) => {
    if (isGone()) throw awsError("InvalidParameterValue", "No Environment found");
    return answer;
  };
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 100 } });
  dynamoDb.on(DescribeLimitsCommand).resolves({ TableMaxWriteCapacityUnits: 40_000 });
  let asks = 0;
  beanstalk
    .on(DescribeEventsCommand)
    .callsFake(() =>
      whileThere({ Events: [{ EventDate: new Date(0), Severity: "ERROR", Message: "Engine execution has failed" }] }),
    )
    .on(DescribeEnvironmentResourcesCommand)
    .callsFake(() => whileThere({ EnvironmentResources: { Instances: [{ Id: "i-1" }] } }))
    .on(RequestEnvironmentInfoCommand)
    .callsFake(() => whileThere({}))
    .on(RetrieveEnvironmentInfoCommand)
    .callsFake(({ InfoType = "" }: { InfoType?: string }) => {
      asks += 1;
      // Instances need a while.
      const ready = [{ InfoType, Ec2InstanceId: "i-1", Message: `${bucket}/${InfoType}` }];
      return whileThere({ EnvironmentInfo: asks % 3 === 0 ? ready : [] });
    });
  ec2
    .on(GetConsoleOutputCommand)
    .callsFake(() => whileThere({ Output: Buffer.from("cloud-init failed").toString("base64") }));
  logs
    .on(DescribeLogGroupsCommand)
    .callsFake(({ logGroupNamePrefix = "" }: { logGroupNamePrefix?: string }) =>
      whileThere({ logGroups: [{ logGroupName: `${logGroupNamePrefix}var/log/eb-engine.log` }] }),
    );
  logs
    .on(FilterLogEventsCommand)
    .callsFake(({ nextToken }: { nextToken?: string }) =>
      whileThere(
        nextToken ? { events: [{ message: "second" }] } : { events: [{ message: "first\n" }], nextToken: "more" },
      ),
    );
  return { ...opened, bucket };
}

const { signal } = new AbortController();

t.test("events, consoles, logs of the instances and their streams are saved, for their owner alone", async (t) => {
  const { clients } = await open(t, [half]);
  const folder = join(t.testdir(), "failed");
  const saved = await saveEvidence({ clients, stack: name, folder, note: () => {}, pollMs: 1, signal });
  const content = Object.fromEntries(
    saved.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")] as const),
  );
  t.same(content, {
    [`${environment}-i-1-console.txt`]: "cloud-init failed",
    [`${environment}-i-1-tail.txt`]: "content of /tail",
    [`${environment}-i-1-bundle.zip`]: "content of /bundle",
    [`${environment}-eb-engine.log`]: "first\nsecond\n",
    [`${environment}-events.txt`]: "1970-01-01T00:00:00.000Z ERROR Engine execution has failed\n",
  });
  for (const path of saved) t.equal(statSync(path).mode & 0o077, 0, path);
});

t.test("what cannot be saved costs nothing else", async (t) => {
  const { clients, mocks } = await open(t, [half]);
  mocks.ec2.on(GetConsoleOutputCommand).rejects(awsError("UnauthorizedOperation", "may not ec2:GetConsoleOutput"));
  mocks.beanstalk.on(RetrieveEnvironmentInfoCommand).resolves({});
  const notes: string[] = [];
  const folder = join(t.testdir(), "failed");
  const saved = await saveEvidence({
    clients,
    stack: name,
    folder,
    note: (line) => notes.push(line),
    pollMs: 1,
    signal,
  });
  t.same(
    saved.map((path) => path.split("-").at(-1)),
    ["engine.log", "events.txt"],
  );
  t.match(notes.join("\n"), /console of i-1 .*ec2:GetConsoleOutput[\s\S]*no instance answered/);
});

/** Runs `deploy` with a CDK that fails, and whose rollback takes the environment away once `until` is true. */
async function failedDeployment(t: Test, { rollback }: { readonly rollback: boolean }) {
  const template = { Resources: { PlatformWebD1: { Type: "AWS::ElasticBeanstalk::Environment" } } };
  const folder = assembleApp(t, name, template);
  const file = (what: string) => join(folder, what);
  // CloudFormation's rollback takes minutes: here, until what it would take away was read.
  const waits = `i=0; while [ ! -e ${file("read")} ] && [ $i -lt 400 ]; do sleep 0.05; i=$((i+1)); done`;
  const rolls = rollback ? `${waits}; touch ${file("gone")}` : "true";
  const script = `if [ "$1" = deploy ]; then touch ${file("begun")}; ${rolls}; exit 1; fi`;
  let happened = false;
  const opened = await open(
    t,
    [toolkit],
    () => existsSync(file("gone")),
    (stacks) => {
      if (happened || !existsSync(file("begun"))) return;
      happened = true;
      stacks.push(half);
      const resource = { stack: name, logicalId: "PlatformWebD1", type: "AWS::ElasticBeanstalk::Environment" };
      opened.happen({ ...resource, status: "CREATE_FAILED", reason: "Environment must be Ready" });
    },
  );
  opened.mocks.beanstalk.on(RetrieveEnvironmentInfoCommand).callsFake(({ InfoType = "" }: { InfoType?: string }) => {
    if (existsSync(file("gone"))) throw awsError("InvalidParameterValue", "No Environment found");
    // The last of what is read.
    if (InfoType === "bundle") writeFileSync(file("read"), "");
    return { EnvironmentInfo: [{ InfoType, Ec2InstanceId: "i-1", Message: `${opened.bucket}/${InfoType}` }] };
  });
  const cdk = { command: "/bin/sh", args: ["-c", script, "cdk"], folder };
  const { code, json, stderr } = await run(
    (host) => buildDeployCommand(host, { cdk, assemblyFolder: folder, now: () => 0, pollMs: 1 }),
    ["--yes", "--json", ...(rollback ? [] : ["--no-rollback"])],
  );
  t.equal(code, 1, stderr);
  return json() as DeployOutput;
}

t.test("a failed boot's evidence is saved before the rollback has taken the environment away", async (t) => {
  const { evidence, failure } = await failedDeployment(t, { rollback: true });
  t.match(failure, { resource: "PlatformWebD1" });
  t.ok(
    evidence.some((path) => path.endsWith("-tail.txt")),
    evidence.join(" "),
  );
  t.ok(
    evidence.some((path) => path.endsWith("-bundle.zip")),
    evidence.join(" "),
  );
});

t.test("with --no-rollback it is saved after the failure, from what is still there", async (t) => {
  const { evidence } = await failedDeployment(t, { rollback: false });
  t.equal(evidence.length, 5, evidence.join(" "));
});
