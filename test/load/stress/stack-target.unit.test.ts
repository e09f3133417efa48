import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { runCommand } from "../../equipment/command-run.ts";
import { t } from "../../equipment/file-test.ts";
import { summit } from "../../deploy/stack/deployed-summit.ts";

const cloudFormation = mockClient(CloudFormationClient);
t.teardown(() => cloudFormation.restore());

t.test("a stack is known by its name alone: its site is the target, and has to be claimed as one's own", async (t) => {
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit()] });
  const { code, stderr } = await runCommand(["stress", "--stack", "summit-test", "--region", "eu-central-1"]);
  t.equal(code, 2);
  t.match(stderr, /d1\.cloudfront\.net is another machine.*--i-own-this-target/);
});

t.test("a stack's name without its stage sends nothing anywhere, and suggests the whole name", async (t) => {
  const missing = Object.assign(new Error("Stack with id summit does not exist"), { name: "ValidationError" });
  cloudFormation.on(DescribeStacksCommand).callsFake(({ StackName }: { StackName?: string }) => {
    if (StackName !== undefined) throw missing;
    return { Stacks: [summit()] };
  });
  const line = ["stress", "--stack", "summit", "--region", "eu-central-1", "--i-own-this-target"];
  t.match(await runCommand(line), { code: 2, stderr: /no stack summit .*Is it summit-test\?/ });
});
