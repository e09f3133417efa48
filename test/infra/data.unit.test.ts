import { t } from "../equipment/file-test.ts";
import { queueTimes } from "../../infra/data.ts";
import { sqsLimits } from "../../shared/aws/aws-limits.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();
const production = (await synthesized({ settings: fullSettings })).main;

const tables = ["DataRegistrations", "DataDeadLetters", "DataOutcomes", "DataControls"];

t.test("the tables are on demand, encrypted, and can be brought back to any second", async (t) => {
  for (const id of tables) {
    const table = only(main, "AWS::DynamoDB::GlobalTable", id).Properties;
    t.equal(table["BillingMode"], "PAY_PER_REQUEST", id);
    t.match(table["Replicas"], [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }]);
    t.notOk("GlobalSecondaryIndexes" in table, "no index costs a write");
  }
});

t.test("the tables have the keys of the public contract", async (t) => {
  const key = (id: string) => only(main, "AWS::DynamoDB::GlobalTable", id).Properties["KeySchema"];
  t.strictSame(key("DataRegistrations"), [{ AttributeName: "email", KeyType: "HASH" }]);
  t.strictSame(key("DataDeadLetters"), [{ AttributeName: "id", KeyType: "HASH" }]);
  t.strictSame(key("DataOutcomes"), [{ AttributeName: "id", KeyType: "HASH" }]);
  t.strictSame(key("DataActivity"), [{ AttributeName: "bucket", KeyType: "HASH" }]);
  t.strictSame(key("DataControls"), [{ AttributeName: "id", KeyType: "HASH" }]);
});

t.test("registrations, outcomes, activity and controls may expire, dead letters never do", async (t) => {
  for (const id of ["DataRegistrations", "DataOutcomes", "DataActivity", "DataControls"]) {
    t.match(only(main, "AWS::DynamoDB::GlobalTable", id).Properties, {
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    });
  }
  t.notOk("TimeToLiveSpecification" in only(main, "AWS::DynamoDB::GlobalTable", "DataDeadLetters").Properties);
});

t.test("the registrations table is warm, as warm as configured, and bounded where that is configured", async (t) => {
  const table = (template: typeof main) => only(template, "AWS::DynamoDB::GlobalTable", "DataRegistrations").Properties;
  t.match(table(main), { WarmThroughput: { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000 } });
  t.notOk("WriteOnDemandThroughputSettings" in table(main));
  t.match(table(production), {
    WarmThroughput: { WriteUnitsPerSecond: 10_000 },
    WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 20_000 },
  });
});

t.test("both queues are encrypted, keep a message as long as SQS can, and take it by TLS only", async (t) => {
  for (const id of ["DataQueue", "DataDeadLetterQueue"]) {
    t.match(only(main, "AWS::SQS::Queue", id).Properties, {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: sqsLimits.maxRetentionSeconds,
      VisibilityTimeout: queueTimes.visibilityTimeoutSeconds,
      ReceiveMessageWaitTimeSeconds: queueTimes.receiveWaitSeconds,
    });
    const policy = only(main, "AWS::SQS::QueuePolicy", `${id}Policy`).Properties["PolicyDocument"];
    t.match(policy, { Statement: [{ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }] });
  }
});

t.test(
  "only the registrations queue gives messages up, after as many receives as only a crash loop makes",
  async (t) => {
    t.match(only(main, "AWS::SQS::Queue", "DataQueue").Properties["RedrivePolicy"], {
      maxReceiveCount: queueTimes.maxReceives,
      deadLetterTargetArn: { "Fn::GetAtt": [/^DataDeadLetterQueue/, "Arn"] },
    });
    t.notOk("RedrivePolicy" in only(main, "AWS::SQS::Queue", "DataDeadLetterQueue").Properties);
  },
);

t.test(
  "in production everything that holds registrations or orders outlives the stack; in a test it goes with it",
  async (t) => {
    for (const [template, kept] of [
      [main, "Delete"],
      [production, "Retain"],
    ] as const) {
      const holders = [
        ...resources(template, "AWS::DynamoDB::GlobalTable"),
        ...resources(template, "AWS::SQS::Queue"),
      ].filter(([id]) => id.startsWith("Data") && !id.startsWith("DataActivity"));
      t.equal(holders.length, 6);
      t.equal(only(template, "AWS::DynamoDB::GlobalTable", "DataActivity").DeletionPolicy, "Delete");
      for (const [id, holder] of holders) {
        t.equal(holder.DeletionPolicy, kept, id);
        t.equal(holder.UpdateReplacePolicy, kept, id);
      }
    }
    for (const id of tables) {
      const protection = (template: typeof main) =>
        only(template, "AWS::DynamoDB::GlobalTable", id).Properties["Replicas"];
      t.match(protection(main), [{ DeletionProtectionEnabled: false }]);
      t.match(protection(production), [{ DeletionProtectionEnabled: true }]);
    }
  },
);
