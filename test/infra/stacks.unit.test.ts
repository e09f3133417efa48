import { Validations } from "aws-cdk-lib";
import { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { t } from "../equipment/file-test.ts";
import type { Stacks } from "../../infra/stacks.ts";
import { synthesize, type Synthesized } from "./synthesis.ts";
import { fullSettings, synthesized } from "./templates.ts";

function findings({ report }: Synthesized): string[] {
  return report.pluginReports.flatMap((plugin) => plugin.violations.map((violation) => violation.ruleName));
}

function recordedReasons({ main }: Stacks): string[] {
  const entries = main.node.findAll().flatMap((construct) => construct.node.metadata);
  return entries
    .filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap((entry) => Object.values(entry.data as Record<string, string>));
}

t.test("no check finds anything, with as little as possible and with everything optional", async (t) => {
  t.strictSame(findings(await synthesized()), []);
  t.strictSame(findings(await synthesized({ settings: fullSettings })), []);
});

t.test("the checks do check: an error of each kind that is put in is found", async (t) => {
  // CDK prints what it finds; here that is wanted, and checked below.
  t.capture(console, "error");
  const faulty = synthesize({}, ({ main }) => {
    // A property out of bounds: CloudFormation's own rules.
    new CfnQueue(main, "Odd", { visibilityTimeout: -5 });
    // A pattern without a reason, an environment without health: AWS's recommendations.
    const role = main.node.findChild("Roles").node.findChild("WebRole") as Role;
    role.addToPolicy(new PolicyStatement({ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::*"] }));
    new CfnEnvironment(main, "Bare", { applicationName: "x" });
  });
  const found = findings(faulty);
  for (const rule of ["AwsSolutions-IAM5[Resource::arn:aws:s3:::*]", "AwsSolutions-EB1"])
    t.ok(found.includes(rule), rule);
  t.ok(
    found.some((rule) => !rule.startsWith("AwsSolutions")),
    found.join(", "),
  );
});

t.test(
  "the firewall is a second stack, only where it is configured, made before the main one reads its name",
  async (t) => {
    t.equal((await synthesized()).firewall, undefined);
    let ordered: boolean | undefined;
    let reasons: string[] = [];
    const again = synthesize({ settings: fullSettings }, (stacks) => {
      ordered = stacks.firewall && stacks.main.dependencies.includes(stacks.firewall);
      reasons = recordedReasons(stacks);
    });
    t.ok(again.firewall);
    t.equal(ordered, true);
    t.strictSame(
      again,
      await synthesized({ settings: fullSettings }),
      "an unchanged configuration gives an unchanged stack",
    );
    t.ok(reasons.length > 15, `${reasons.length} deviations from the recommendations`);
    for (const reason of reasons) t.ok(reason.length > 40, reason);
  },
);
