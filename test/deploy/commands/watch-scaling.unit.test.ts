import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoScalingClient, DescribeScalingActivitiesCommand } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { ScalingRecord } from "../../../deploy/stack/scaling-report.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { awsError, summit } from "../stack/deployed-summit.ts";

const mocks = {
  autoScaling: mockClient(AutoScalingClient),
  cloudFormation: mockClient(CloudFormationClient),
  cloudWatch: mockClient(CloudWatchClient),
};
const folder = mkdtempSync(join(tmpdir(), "turnout-scaling-"));
t.teardown(() => {
  for (const mock of Object.values(mocks)) mock.restore();
  rmSync(folder, { recursive: true, force: true });
});
t.beforeEach(() => {
  for (const mock of Object.values(mocks)) {
    mock.reset();
    mock.resolves({});
  }
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit()] });
});

const line = ["stack", "watch-scaling", "--stack", "summit-test", "--region", "eu-central-1", "--every", "5"];

/** Runs until its first poll is over, then as if somebody pressed Ctrl-C. */
function watchOnce(...options: string[]) {
  const stop = new AbortController();
  mocks.cloudWatch.on(GetMetricDataCommand).callsFake(() => {
    setTimeout(() => stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT.")), 100);
    return {};
  });
  return runCommand([...line, ...options], { signal: stop.signal });
}

t.test("Ctrl-C ends the watch cleanly: its result is printed and written", async (t) => {
  mocks.autoScaling
    .on(DescribeScalingActivitiesCommand, { AutoScalingGroupName: "summit-web-group" })
    .callsFake(() => ({
      Activities: [
        {
          Description: "Launching a new EC2 instance: i-0a",
          Cause: "At 2027-03-01T09:03:10Z a scheduled action update of capacity.",
          StartTime: new Date(Date.now() + 1_000),
          StatusCode: "InProgress",
        },
      ],
    }));
  const report = join(folder, "scaling.html");
  const { code, stdout, stderr } = await watchOnce("--report", report);
  t.equal(code, 0, stderr);
  t.match(stdout, /web +decision +Launching a new EC2 instance: i-0a, since a scheduled action/);
  t.match(stdout, /^i-0a +web +-/m);
  t.match(readFileSync(report, "utf8"), /ended by hand[\s\S]*i-0a/);
});

t.test("--until-shrunk ends when what was added is gone again; without that it goes on", async (t) => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1_000);
  const activity = { Cause: "At 2027-03-01T09:03:10Z a scheduled action.", StatusCode: "Successful" as const };
  const launched = { ...activity, Description: "Launching a new EC2 instance: i-0a", StartTime: at(1), EndTime: at(2) };
  const ended = { ...activity, Description: "Terminating EC2 instance: i-0a", StartTime: at(3), EndTime: at(4) };
  const activities = mocks.autoScaling.on(DescribeScalingActivitiesCommand, {
    AutoScalingGroupName: "summit-web-group",
  });
  activities.resolves({ Activities: [launched] as never });
  t.match((await watchOnce("--until-shrunk", "--json")).json(), { ended: "interrupted" });
  activities.resolves({ Activities: [ended, launched] as never });
  const { code, stdout } = await runCommand([...line, "--until-shrunk"]);
  t.equal(code, 0);
  t.match(stdout, /^INSTANCE +TIER +LOAD FALLS +LOW ALARM +DECISION +GONE/m);
  t.match(await runCommand([...line, "--until-shrunk", "--until-drained"]), { code: 2 });
});

t.test("--json prints one document at the end, as its schema says", async (t) => {
  const run = await watchOnce("--json", "--until-drained");
  t.equal(run.code, 0);
  const record = run.json();
  t.ok(Compile(ScalingRecord).Check(record), "as its schema says", { record });
  t.match(record, { stack: "summit-test", ended: "interrupted", chains: [] });
});

t.test("a report that cannot be written fails at once and not after an hour", async (t) => {
  const { code, stderr } = await runCommand([...line, "--report", join(folder, "nowhere", "x.html")]);
  t.equal(code, 1);
  t.match(stderr, "ENOENT");
});

t.test("bad input, incomplete stacks and denials end without a stack trace", async (t) => {
  const halfMade = { Stacks: [summit({ StackStatus: "CREATE_IN_PROGRESS", outputs: {} })] };
  const denied = awsError("AccessDenied", "cloudwatch:GetMetricData");
  const cases: [code: number, said: string, prepare: () => void, options?: string[]][] = [
    [2, "CREATE_IN_PROGRESS", () => mocks.cloudFormation.on(DescribeStacksCommand).resolves(halfMade)],
    [2, "There is no stack", () => mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [] })],
    [2, "whole number", () => undefined, ["--for", "0"]],
    [
      1,
      "cloudwatch:GetMetricData",
      () => [mocks.autoScaling, mocks.cloudWatch].forEach((mock) => mock.rejects(denied)),
    ],
  ];
  for (const [code, said, prepare, options = []] of cases) {
    mocks.cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [summit()] });
    prepare();
    const run = await runCommand([...line, ...options]);
    t.equal(run.code, code, said);
    t.match(run.stderr, said);
    t.notMatch(run.stderr, /^\s+at /m);
  }
  t.equal((await runCommand(["stack", "watch-scaling"])).code, 2);
});
