import { App, Stack, Validations } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { t } from "../equipment/file-test.ts";
import { acknowledgePatterns, toStatement } from "../../infra/grants.ts";

function acknowledged(role: Role): string {
  const entries = role.node.metadata.filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
  return JSON.stringify(entries.map((entry) => entry.data));
}

t.test("a grant becomes a statement, its condition with it", async (t) => {
  const statement = toStatement({
    sid: "Health",
    actions: ["cloudwatch:PutMetricData"],
    resources: ["*"],
    conditions: { StringEquals: { "cloudwatch:namespace": "Turnout" } },
    why: "no resource to name",
  });
  t.match(statement.toStatementJson(), {
    Sid: "Health",
    Effect: "Allow",
    Action: "cloudwatch:PutMetricData",
    Resource: "*",
    Condition: { StringEquals: { "cloudwatch:namespace": "Turnout" } },
  });
});

t.test(
  "the reason is recorded for patterns, with what CloudFormation fills in between brackets, and for nothing else",
  async (t) => {
    const stack = new Stack(new App({ outdir: t.testdir({}) }), "S");
    const role = new Role(stack, "R", { assumedBy: new ServicePrincipal("ec2.amazonaws.com") });
    acknowledgePatterns(role, [
      {
        sid: "A",
        actions: ["s3:GetObject"],
        resources: [`arn:${stack.partition}:s3:::b/*`, "arn:named"],
        why: "because",
      },
      { sid: "B", actions: ["s3:GetObject"], resources: ["arn:other/*"] },
    ]);
    t.match(acknowledged(role), "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::b/*]");
    t.match(acknowledged(role), "because");
    t.notMatch(acknowledged(role), "arn:named");
    t.notMatch(acknowledged(role), "arn:other", "a pattern without a reason stays a finding");
  },
);
