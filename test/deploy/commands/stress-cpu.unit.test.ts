import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { StressCpuOutput } from "../../../deploy/commands/stress-cpu.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { eventually } from "../../equipment/eventually.ts";
import { summit } from "../stack/deployed-summit.ts";

const mocks = {
  autoScaling: mockClient(AutoScalingClient),
  cloudFormation: mockClient(CloudFormationClient),
  sts: mockClient(STSClient),
};
t.teardown(() => Object.values(mocks).forEach((mock) => mock.restore()));
t.beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  mocks.sts.on(GetCallerIdentityCommand).resolves({});
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit()] });
  mocks.autoScaling.on(DescribeAutoScalingGroupsCommand, { AutoScalingGroupNames: ["summit-web-group"] }).resolves({
    AutoScalingGroups: [
      {
        Instances: [
          { InstanceId: "i-1", LifecycleState: "InService" },
          { InstanceId: "i-2", LifecycleState: "Pending" },
          { InstanceId: "i-3", LifecycleState: "InService" },
        ],
      } as never,
    ],
  });
});

/** The AWS command line's place: it notes what it is asked for, one argument a line, and answers as Systems Manager does. */
function open(t: Test, { online = ["i-1", "i-3"], status = "Success", sending = "" } = {}) {
  const folder = t.testdir();
  const notes = join(folder, "notes");
  const managed = online.map((InstanceId) => ({ InstanceId, PingStatus: "Online" }));
  const invocations = ["i-1", "i-3"].map((InstanceId) => ({ InstanceId, Status: status }));
  writeFileSync(
    join(folder, "aws"),
    `#!/bin/sh
printf '%s\\n' "$*" >> ${notes}
case $2 in
describe-instance-information) echo '${JSON.stringify({ InstanceInformationList: managed })}';;
send-command) ${sending} echo '{"Command":{"CommandId":"c-1"}}';;
list-command-invocations) echo '${JSON.stringify({ CommandInvocations: invocations })}';;
esac
`,
  );
  chmodSync(join(folder, "aws"), 0o755);
  const asked = () => (existsSync(notes) ? readFileSync(notes, "utf8").split(/^(?=ssm )/m) : []);
  const line = [
    "stack",
    "stress-cpu",
    "--stack",
    "summit-test",
    "--region",
    "eu-central-1",
    "--tier",
    "web",
    "--every",
    "1",
  ];
  const stress = (options: readonly string[], signal?: AbortSignal) =>
    runCommand([...line, ...options], {
      env: { PATH: `${folder}:${process.env.PATH}` },
      ...(signal !== undefined && { signal }),
    });
  return { asked, stress };
}

t.test("every instance in service gets a loop that ends by itself, and is told how it ended", async (t) => {
  const { asked, stress } = open(t);
  const run = await stress(["--minutes", "2", "--yes", "--json"]);
  t.equal(run.code, 0, run.stderr);
  const output = run.json();
  t.ok(Compile(StressCpuOutput).Check(output));
  t.match(output, { ended: "time", minutes: 2, instances: [{ id: "i-1", status: "Success" }, { id: "i-3" }] });
  const sent = asked().find((one) => one.startsWith("ssm send-command")) ?? "";
  t.match(sent, /--instance-ids i-1 i-3 --region eu-central-1/, "and none that is not in service yet");
  t.match(sent, /\$\(date \+%s\) \+ 120/, "the time of the loops");
  t.match(sent, /"executionTimeout":\["180"\]/, "and the bound of Systems Manager, were the loops to fail");
});

t.test("Ctrl-C ends it on the instances as well", async (t) => {
  const { asked, stress } = open(t, { status: "InProgress" });
  const stop = new AbortController();
  const running = stress(["--yes"], stop.signal);
  await eventually(() => asked().some((one) => one.startsWith("ssm list-command-invocations")), "it burns");
  t.notOk(asked().some((one) => one.includes("cancel-command")));
  stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT."));
  const { code, stdout, stderr } = await running;
  t.match({ code, stdout }, { code: 0, stdout: /i-1 +InProgress/ });
  t.match(stderr, "on the instances as well");
  t.ok(asked().some((one) => one.startsWith("ssm cancel-command --command-id c-1")));
  t.equal(asked().filter((one) => one.startsWith("ssm send-command") && !one.includes("date")).length, 1, "the stop");
});

t.test("--stop ends what somebody else started", async (t) => {
  const { asked, stress } = open(t);
  t.match(await stress(["--stop"]), { code: 0, stdout: /Told 2 instance\(s\) of the web tier to stop/ });
  const sent = asked().filter((one) => one.startsWith("ssm send-command"));
  t.equal(sent.length, 1);
  t.match(sent[0], /rm -f/);
  t.notMatch(sent[0], "date");
});

t.test("--stop reaches those that can be reached: a new instance does not keep the others burning", async (t) => {
  const { asked, stress } = open(t, { online: ["i-1"] });
  t.match(await stress(["--stop"]), { code: 0, stdout: /Told 1 instance/ });
  t.match(asked().at(-1), /^ssm send-command [\s\S]*--instance-ids i-1 --region/);
  const none = open(t, { online: [] });
  t.match(await none.stress(["--stop"]), { code: 1, stdout: /Told 0 instance/ });
  t.notOk(none.asked().some((one) => one.startsWith("ssm send-command")));
});

t.test("Ctrl-C before Systems Manager has answered stops what may have been started", async (t) => {
  const { asked, stress } = open(t, { sending: 'case "$*" in *date*) sleep 30;; esac;' });
  const stop = new AbortController();
  const running = stress(["--yes"], stop.signal);
  await eventually(() => asked().some((one) => one.startsWith("ssm send-command")), "it is being sent");
  stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT."));
  t.match(await running, { code: 0, stdout: /i-1 +told to stop/ });
  t.equal(asked().filter((one) => one.startsWith("ssm send-command") && !one.includes("date")).length, 1, "the stop");
});

t.test("without being asked, access to instances, or the AWS command line, nothing is started", async (t) => {
  const denied = open(t, { online: ["i-1"] });
  const { code, stderr } = await denied.stress(["--yes"]);
  t.match({ code, stderr }, { code: 2, stderr: /does not reach i-3\. Deploy with -c instanceAccess=true/ });
  const unasked = open(t);
  t.match(await unasked.stress([]), { code: 2, stderr: /--yes/ }, "nobody is there to ask");
  for (const { asked } of [denied, unasked]) t.notOk(asked().some((one) => one.startsWith("ssm send-command")));
  const line = ["stack", "stress-cpu", "--stack", "summit-test", "--region", "eu-central-1", "--tier", "web", "--yes"];
  t.match(await runCommand(line, { env: { PATH: t.testdir() } }), { code: 2, stderr: /AWS command line/ });
  t.match(await runCommand([...line, "--minutes", "31"], {}), { code: 2, stderr: /from 1 to 30/ });
});

t.test("an instance that did not take part makes it fail", async (t) => {
  t.match(await open(t, { status: "TimedOut" }).stress(["--yes"]), { code: 1, stdout: /i-3 +TimedOut/ });
});
