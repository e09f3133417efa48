import t from "tap";
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

t.test("tags come from what never changes: a changed tag would replace both environments", async (t) => {
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

t.test("production keeps what holds registrations, and nothing else", async (t) => {
  const kept = Object.entries(production.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === "Retain");
  t.strictSame(new Set(kept.map(([, { Type }]) => Type)), new Set(["AWS::DynamoDB::GlobalTable", "AWS::SQS::Queue"]));
  t.equal(kept.length, 5);
});

/** @returns the logical ids that a resource has to wait for */
function needs(template: typeof main, id: string): string[] {
  const text = JSON.stringify(template.Resources[id]);
  const named = [...text.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, other = ""]) => other);
  return [...named, ...(template.Resources[id]?.DependsOn ?? [])].filter((other) => other in template.Resources);
}

t.test("no resource waits for itself, along whatever way", async (t) => {
  for (const template of [main, production]) {
    const settled = new Set<string>();
    const circles: string[] = [];
    const visit = (id: string, way: readonly string[]): void => {
      if (way.includes(id)) circles.push([...way, id].join(" → "));
      else if (!settled.has(id)) for (const other of needs(template, id)) visit(other, [...way, id]);
      settled.add(id);
    };
    for (const id of Object.keys(template.Resources)) visit(id, []);
    t.strictSame(circles, []);
    t.ok(needs(template, Object.keys(template.Resources).find((id) => id.startsWith("PlatformWeb")) ?? "").length > 10);
  }
});

t.test("the outputs name what operators and the command ask for", async (t) => {
  t.strictSame(Object.keys(main.Outputs).toSorted(), [
    "ActivityTable",
    "AlarmTopic",
    "ApplicationName",
    "Dashboard",
    "DeadLetterQueueUrl",
    "DeadLettersTable",
    "DistributionDomainName",
    "DistributionId",
    "InstanceAccess",
    "LoadBalancerDnsName",
    "LookupRound",
    "OutcomesTable",
    "QueueUrl",
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
  t.equal(production.Outputs["Url"]?.Value, "https://summit.example.org");
});

t.test("no name of an account or a region is written into the template", async (t) => {
  t.notMatch(JSON.stringify(main), /\b\d{12}\b/);
  t.notMatch(JSON.stringify(main.Resources).replace(/us-east-1"?[^"]*certificate/g, ""), /"(eu|ap|sa|ca)-[a-z]+-\d"/);
});
