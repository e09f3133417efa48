import { DescribeStackEventsCommand } from "@aws-sdk/client-cloudformation";
import t, { type Test } from "tap";
import type { CdkEnd } from "../../../deploy/deploy/cdk.ts";
import { runDeployment } from "../../../deploy/deploy/deployment-run.ts";
import { awsError, openAccount, type StandInStack } from "../stack/account-stand-in.ts";

const name = "summit-test";
const assembled = {
  name,
  region: undefined,
  bootstrapVersion: 6,
  isProtected: false,
  template: {
    Resources: {
      NetworkVpc7F: { Type: "AWS::EC2::VPC", Metadata: { "aws:cdk:path": "summit-test/Network/Vpc/Resource" } },
    },
  },
};

function open(t: Test, stacks: StandInStack[] = []) {
  const account = openAccount(t, stacks);
  const lines: string[] = [];
  const run = (deploy: () => Promise<CdkEnd>) =>
    runDeployment({
      stacks: [{ assembled, client: account.clients.cloudFormation }],
      deploy,
      note: (line) => lines.push(line),
      pollMs: 1,
    });
  return { ...account, lines, run };
}

const vpc = { stack: name, logicalId: "NetworkVpc7F", type: "AWS::EC2::VPC" };

t.test("a first deployment is followed to its end", async (t) => {
  const { run, lines, stacks, happen } = open(t);
  const result = await run(async () => {
    stacks.push({ name, status: "CREATE_COMPLETE", stage: "test", outputs: { Url: "https://x" } });
    happen({ ...vpc, status: "CREATE_COMPLETE" });
    return { code: 0, tail: [] };
  });
  t.match(lines, [/created {2}\[1\/1\] Network\/Vpc/]);
  t.match(result, { failure: undefined, changed: true });
  t.equal(result.deployed.get(name)?.outputs["Url"], "https://x");
});

t.test("one in which nothing had to change says so", async (t) => {
  const { run, happen } = open(t, [{ name, status: "UPDATE_COMPLETE", stage: "test" }]);
  happen({ ...vpc, status: "CREATE_COMPLETE" });
  t.match(await run(async () => ({ code: 0, tail: [] })), { changed: false, failure: undefined });
});

t.test("of a failed one the first failure is told, by the name in the source", async (t) => {
  const { run, stacks, happen } = open(t);
  const result = await run(async () => {
    stacks.push({ name, status: "ROLLBACK_COMPLETE", stage: "test" });
    happen(
      { ...vpc, status: "CREATE_FAILED", reason: "The maximum number of VPCs has been reached." },
      { stack: name, logicalId: "Queue", status: "CREATE_FAILED", reason: "Resource creation cancelled" },
      { stack: name, logicalId: name, status: "ROLLBACK_COMPLETE" },
    );
    return { code: 1, tail: ["failed"] };
  });
  t.same(result.failure, {
    stack: name,
    resource: "Network/Vpc",
    type: "AWS::EC2::VPC",
    reason: "The maximum number of VPCs has been reached.",
  });
});

t.test("it goes on without its events where those may not be read", async (t) => {
  const { run, mocks, lines, stacks } = open(t);
  const result = await run(async () => {
    mocks.cloudFormation.on(DescribeStackEventsCommand).rejects(awsError("AccessDenied", "may not"));
    stacks.push({ name, status: "CREATE_COMPLETE", stage: "test" });
    return { code: 0, tail: [] };
  });
  t.match(lines, [/events cannot be read \(may not\)/]);
  t.equal(result.end.code, 0);
});

t.test("a command that cannot be started is told", async (t) => {
  const { run } = open(t);
  await t.rejects(
    run(async () => Promise.reject(awsError("ENOENT"))),
    { name: "ENOENT" },
  );
});
