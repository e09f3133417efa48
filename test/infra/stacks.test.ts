import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import t from "tap";
import { synthesize, type Synthesized } from "./synthesis.ts";
import { fullSettings, synthesized } from "./templates.ts";

function findings({ report }: Synthesized): string[] {
  return report.pluginReports.flatMap((plugin) => plugin.violations.map((violation) => violation.ruleName));
}

t.test("no check finds anything, with as little as possible and with everything optional", async (t) => {
  t.strictSame(findings(await synthesized()), []);
  t.strictSame(findings(await synthesized({ settings: fullSettings })), []);
});

t.test("the checks do look: a fault of each kind that is put in is found", async (t) => {
  const faulty = synthesize({}, ({ main }) => {
    // A property of a wrong kind: CloudFormation's own rules.
    new CfnQueue(main, "Odd", { visibilityTimeout: -5 });
    // A pattern without a reason: AWS's recommendations.
    const role = main.node.findChild("Roles").node.findChild("WebRole") as unknown as {
      addToPolicy(statement: PolicyStatement): void;
    };
    role.addToPolicy(new PolicyStatement({ actions: ["s3:GetObject"], resources: ["*"] }));
    // An environment without enhanced health.
    new CfnEnvironment(main, "Bare", { applicationName: "x" });
  });
  const found = findings(faulty);
  t.ok(
    found.some((rule) => rule.includes("AwsSolutions-IAM5")),
    found.join(", "),
  );
  t.ok(
    found.some((rule) => !rule.includes("AwsSolutions")),
    "and one of CloudFormation's own",
  );
});

t.test("the firewall is a second stack, only where it is configured, and comes before the main one", async (t) => {
  t.equal((await synthesized()).firewall, undefined);
  t.ok((await synthesized({ settings: fullSettings })).firewall);
});

t.test("an unchanged configuration gives an unchanged template", async (t) => {
  t.strictSame(synthesize({}).main, (await synthesized()).main);
});
