import { t } from "../equipment/file-test.ts";
import { standing } from "../../load/plan/usage.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();
const { main: full, firewall } = await synthesized({ settings: fullSettings });

t.test("alarms go to the address that is configured, and to nobody where none is", async (t) => {
  t.match(only(full, "AWS::SNS::Subscription").Properties, { Protocol: "email", Endpoint: "operator@example.org" });
  t.equal(resources(main, "AWS::SNS::Subscription").length, 0);
});

t.test("CloudWatch may ring through the topic, this account's only, and nobody without TLS", async (t) => {
  const { Statement } = only(main, "AWS::SNS::TopicPolicy").Properties["PolicyDocument"] as { Statement: unknown[] };
  t.match(
    Statement.find((one) => JSON.stringify(one).includes('Allow"')),
    {
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
    },
  );
  t.match(
    Statement.find((one) => JSON.stringify(one).includes("Deny")),
    { Condition: { Bool: { "aws:SecureTransport": "false" } } },
  );
});

t.test("the capacity plan reckons with as many alarms, rules and warmed tables as there are", async (t) => {
  t.equal(resources(main, "AWS::CloudWatch::Alarm").length, standing.alarms);
  const warmed = resources(full, "AWS::DynamoDB::GlobalTable").filter(([, { Properties }]) =>
    JSON.stringify(Properties).includes(`"WriteUnitsPerSecond":${fullSettings.tableWarmWritesPerSecond}`),
  );
  t.equal(warmed.length, standing.warmedTables);
  const { Rules } = only(firewall!, "AWS::WAFv2::WebACL").Properties as { Rules: { Name: string }[] };
  const always = Rules.filter(({ Name }) => !Name.startsWith("Challenge"));
  t.equal(always.length, standing.firewallRules, "without the challenge, which is another option");
});
