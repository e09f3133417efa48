import { t } from "../equipment/file-test.ts";
import { fullSettings, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();
const production = (await synthesized({ settings: fullSettings })).main;

t.test("everything that can carry tags says which event's cell it belongs to", async (t) => {
  const tagged = Object.entries(main.Resources).filter(([, resource]) => Array.isArray(resource.Properties?.["Tags"]));
  t.ok(tagged.length > 40, `${tagged.length} tagged resources`);
  for (const [id, resource] of tagged) {
    t.match(JSON.stringify(resource.Properties["Tags"]), /"turnout:stack","Value":"turnout-test"/, id);
  }
});

t.test("the organiser's own tags are beside them, also on the firewall", async (t) => {
  const { firewall } = await synthesized({ settings: fullSettings });
  for (const template of [production, firewall]) {
    const tagged = Object.entries(template?.Resources ?? {}).filter(([, one]) => Array.isArray(one.Properties["Tags"]));
    t.ok(tagged.length > 0);
    for (const [id, { Properties }] of tagged) {
      const tags = JSON.stringify(Properties["Tags"]);
      t.match(tags, /"costCentre","Value":"42"/, id);
      t.match(tags, /"owner","Value":"events team"/, id);
      t.match(tags, /"turnout:stack","Value":"turnout-production"/, id);
    }
  }
});

t.test("Turnout's tags come from what never changes: the commands know the stack by them", async (t) => {
  const tags = (template: typeof main) =>
    resources(template, "AWS::ElasticBeanstalk::Environment").map(([, one]) => one.Properties["Tags"]);
  const { main: other } = await synthesized({ settings: { webInstanceType: "m7i.large" } });
  t.strictSame(tags(main), tags(other));
});

t.test("a test stage leaves nothing behind: nothing is retained", async (t) => {
  const kept = Object.entries(main.Resources).filter(([, { DeletionPolicy, UpdateReplacePolicy }]) =>
    /Retain|Snapshot/.test(`${DeletionPolicy} ${UpdateReplacePolicy}`),
  );
  t.strictSame(
    kept.map(([id]) => id),
    [],
  );
});

t.test("a test stage sets a policy wherever AWS keeps a thing by default", async (t) => {
  for (const type of [
    "AWS::Logs::LogGroup",
    "AWS::DynamoDB::GlobalTable",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
  ]) {
    for (const [id, resource] of resources(main, type)) t.equal(resource.DeletionPolicy, "Delete", id);
  }
});

t.test("production keeps what holds registrations and what people ordered or did, and nothing else", async (t) => {
  const kept = Object.entries(production.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === "Retain");
  t.strictSame(
    new Set(kept.map(([, { Type }]) => Type)),
    new Set(["AWS::DynamoDB::GlobalTable", "AWS::SQS::Queue", "AWS::Logs::LogGroup"]),
  );
  t.equal(kept.length, 10, "those of mail among them");
});

t.test("the outputs name what operators and the command ask for", async (t) => {
  t.strictSame(Object.keys(main.Outputs).toSorted(), [
    "ActivityTable",
    "AdminPolicyArn",
    "AlarmTopic",
    "ApplicationName",
    "AuditLogGroup",
    "ControlsTable",
    "Dashboard",
    "DeadLetterQueueUrl",
    "DeadLettersTable",
    "DistributionDomainName",
    "DistributionId",
    "InstanceAccess",
    "LoadBalancerDnsName",
    "LookupRound",
    "OperatorPolicyArn",
    "OutcomesTable",
    "QueueUrl",
    "ReadOnlyPolicyArn",
    "ReceiptKeysSecret",
    "RegistrationsTable",
    "Url",
    "WebEnvironment",
    "WebGroup",
    "WebRoleArn",
    "WorkerEnvironment",
    "WorkerGroup",
    "WorkerRoleArn",
  ]);
  const more = Object.keys(production.Outputs).filter((name) => !(name in main.Outputs));
  t.strictSame(more.toSorted(), [
    "MailConfigurationSet",
    "MailDeadLetterQueueUrl",
    "MailIdentity",
    "MailQueueUrl",
    "MailSender",
    "MailsTable",
  ]);
  t.equal(production.Outputs["Url"]?.Value, "https://summit.example.org");
});

t.test("no name of an account or a region is written into the template", async (t) => {
  t.notMatch(JSON.stringify(main), /\b\d{12}\b/);
  t.notMatch(JSON.stringify(main.Resources).replace(/us-east-1"?[^"]*certificate/g, ""), /"(eu|ap|sa|ca)-[a-z]+-\d"/);
});
