import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { LeftoversReport } from "../../../deploy/stack/leftovers.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { awsError, openAccount, region } from "../stack/account-stand-in.ts";

const env = { AWS_REGION: region };
const line = ["stack", "leftovers", "--stack", "summit-test"];

t.test("--stack is required", async (t) => {
  const { code, stderr } = await runCommand(["stack", "leftovers"]);
  t.equal(code, 2);
  t.match(stderr, "--stack");
});

t.test("it ends with 0 where nothing is left, and with 1 otherwise, for people and for machines", async (t) => {
  const { mocks } = openAccount(t);
  const clean = await runCommand(line, { env });
  t.match(clean, { code: 0, stdout: /Nothing of summit-test is left/ });
  mocks.logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "summit-test-" })
    .resolves({ logGroups: [{ logGroupName: "summit-test-Log" }] });
  t.match(await runCommand(line, { env }), { code: 1, stdout: /summit-test-Log +left/ });
  const machine = await runCommand([...line, "--json"], { env });
  t.equal(machine.code, 1);
  t.ok(Compile(LeftoversReport).Check(machine.json()));
});

t.test("a name that no stack ever had is told from a removed stack, with the one that may be meant", async (t) => {
  openAccount(t, [{ name: "summit-test", status: "CREATE_COMPLETE", stage: "test" }]);
  const { code, stdout, stderr } = await runCommand(["stack", "leftovers", "--stack", "summit"], { env });
  t.match({ code, stdout }, { code: 0, stdout: /Nothing of summit is left/ });
  t.match(stderr, /remembers no stack summit, .* Is it summit-test\?/);
  const { stderr: removed } = await runCommand(line, { env });
  t.equal(removed, "", "of a stack that exists there is nothing to suggest");
});

t.test("without credentials it says what to do, without a stack trace", async (t) => {
  const { mocks } = openAccount(t);
  mocks.sts.on(GetCallerIdentityCommand).rejects(awsError("CredentialsProviderError"));
  const { code, stderr } = await runCommand(line, { env });
  t.equal(code, 1);
  t.match(stderr, /aws sso login/);
  t.notMatch(stderr, /^\s+at /m);
});
