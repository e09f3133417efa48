import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../equipment/file-test.ts";
import { mailOutputNames, outputNames, plainClientOptions, readStackOutputs } from "../../terminal/stack-outputs.ts";

const cloudFormation = mockClient(CloudFormationClient);
t.teardown(() => cloudFormation.restore());
const location = { stack: "summit", region: "eu-central-1" };

function answer(names: readonly string[]): void {
  const Outputs = names.map((name) => ({ OutputKey: name, OutputValue: `the ${name}` }));
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [{ StackName: "summit", CreationTime: new Date(0), StackStatus: "CREATE_COMPLETE", Outputs }],
  });
}

t.test("names are read from the stack", async (t) => {
  answer([...outputNames, "SomethingElse"]);
  const outputs = await readStackOutputs(location);
  t.equal(outputs.QueueUrl, "the QueueUrl");
  t.same(Object.keys(outputs), outputNames);
});

t.test("names of mail are read where there is mail", async (t) => {
  answer([...outputNames, ...mailOutputNames]);
  t.match(await readStackOutputs(location), { MailsTable: "the MailsTable", MailQueueUrl: "the MailQueueUrl" });
});

t.test("a stack of something else is told from one of ours", async (t) => {
  answer(outputNames.slice(1));
  await t.rejects(readStackOutputs(location), { code: "TURNOUT_DEPLOYMENT_UNKNOWN", message: /QueueUrl/ });
});

t.test("a stack that is not there is a name that is wrong; without rights it is not", async (t) => {
  const unknown = Object.assign(new Error("Stack with id summit does not exist"), { name: "ValidationError" });
  cloudFormation.on(DescribeStacksCommand).rejects(unknown);
  await t.rejects(readStackOutputs(location), { code: "TURNOUT_DEPLOYMENT_UNKNOWN" });
  cloudFormation.on(DescribeStacksCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
  await t.rejects(readStackOutputs(location), { name: "AccessDenied" });
});

t.test("the stack that infra/ makes has every output that is read here", async (t) => {
  const source = readFileSync(join(import.meta.dirname, "..", "..", "infra", "stack.ts"), "utf8");
  for (const name of [...outputNames, ...mailOutputNames]) t.match(source, new RegExp(`^ +${name}: \\[`, "m"), name);
});

t.test("region and profile are left to the SDK where nobody named them", async (t) => {
  t.notOk("region" in plainClientOptions({}));
  t.match(plainClientOptions({ region: "eu-west-1", profile: "work" }), { region: "eu-west-1", profile: "work" });
});
