import { t } from "../equipment/file-test.ts";
import { queueTimes } from "../../infra/data.ts";
import { sqsLimits } from "../../shared/aws/aws-limits.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";
import type { Template } from "./synthesis.ts";

const off = (await synthesized()).main;
const production = (await synthesized({ settings: fullSettings })).main;
const settings = { mailFrom: "registration@example.org", publicUrl: "https://d1.cloudfront.net" };
const test = (await synthesized({ settings })).main;

t.test("without a sender nothing of mail is there", async (t) => {
  t.notMatch(JSON.stringify(off.Resources).replaceAll("alarmEmail", ""), /"Mail[A-Z]|AWS::SES|ses:/);
  t.notOk("turnout:mail" in off.Metadata);
});

t.test("the mail queue is encrypted, by TLS only, and gives up after as many receives as the other", async (t) => {
  for (const id of ["MailQueue", "MailDeadLetterQueue"]) {
    t.match(only(test, "AWS::SQS::Queue", id).Properties, {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: sqsLimits.maxRetentionSeconds,
    });
    const policy = only(test, "AWS::SQS::QueuePolicy", `${id}Policy`).Properties["PolicyDocument"];
    t.match(policy, { Statement: [{ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }] });
  }
  t.match(only(test, "AWS::SQS::Queue", "MailQueue").Properties["RedrivePolicy"], {
    maxReceiveCount: queueTimes.maxReceives,
    deadLetterTargetArn: { "Fn::GetAtt": [/^MailDeadLetterQueue/, "Arn"] },
  });
});

t.test("the mails table is by id, on demand, and forgets by itself", async (t) => {
  t.match(only(test, "AWS::DynamoDB::GlobalTable", "MailMails").Properties, {
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
  });
});

t.test("in production mail's table and queues outlive the stack, in a test they go with it", async (t) => {
  const holders = (template: Template) =>
    ["AWS::SQS::Queue", "AWS::DynamoDB::GlobalTable"]
      .flatMap((type) => resources(template, type))
      .filter(([id]) => id.startsWith("Mail"));
  for (const [template, kept] of [
    [test, "Delete"],
    [production, "Retain"],
  ] as const) {
    t.equal(holders(template).length, 3);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of holders(template))
      t.strictSame([DeletionPolicy, UpdateReplacePolicy], [kept, kept], id);
  }
  const protection = (template: Template) => only(template, "AWS::DynamoDB::GlobalTable", "MailMails").Properties;
  t.match(protection(production)["Replicas"], [{ DeletionProtectionEnabled: true }]);
  t.match(protection(test)["Replicas"], [{ DeletionProtectionEnabled: false }]);
});

t.test("SES publishes the event's own rates, and mails nobody again who bounced or complained", async (t) => {
  t.match(only(test, "AWS::SES::ConfigurationSet").Properties, {
    ReputationOptions: { ReputationMetricsEnabled: true },
    SuppressionOptions: { SuppressedReasons: ["BOUNCE", "COMPLAINT"] },
  });
});

t.test("an identity is used as it is, and made only where the settings say so", async (t) => {
  t.strictSame(resources(test, "AWS::SES::EmailIdentity"), []);
  t.equal(test.Outputs["MailIdentity"]?.Value, "example.org", "by default the sender's domain");
  t.equal(only(production, "AWS::SES::EmailIdentity").Properties["EmailIdentity"], fullSettings.mailIdentity);
});

t.test("the template says for the checks before a deployment who sends", async (t) => {
  t.strictSame(production.Metadata["turnout:mail"], {
    from: fullSettings.mailFrom,
    address: "registration@mail.example.org",
    identity: "example.org",
    isManaged: true,
    publicUrl: "https://summit.example.org",
    stage: "production",
    perSecond: 50,
  });
});
