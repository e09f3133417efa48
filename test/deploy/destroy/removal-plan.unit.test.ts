import { t } from "../../equipment/file-test.ts";
import { planFromTraces, planRemoval, readRemovalPlan } from "../../../deploy/destroy/removal-plan.ts";
import { parseTemplate, titlesOf } from "../../../deploy/stack/template.ts";
import type { Template } from "../../infra/synthesis.ts";
import { fullSettings, synthesized } from "../../infra/templates.ts";
import { openAccount } from "../stack/account-stand-in.ts";

/** As CloudFormation lists what it made of a template. */
function made({ Resources }: Template) {
  return Object.entries(Resources).map(([LogicalResourceId, { Type }]) => ({
    LogicalResourceId,
    ResourceType: Type,
    PhysicalResourceId: `${LogicalResourceId}-1`,
    ResourceStatus: "CREATE_COMPLETE" as const,
  }));
}

t.test("of a test stage nothing is kept: no resource of its template is retained", async (t) => {
  const { main } = await synthesized();
  const { removed, kept } = planRemoval(main, made(main));
  t.same(kept, []);
  t.equal(removed.length, Object.keys(main.Resources).length);
});

t.test("of a production the tables, the queues and the audit log are kept, and nothing else", async (t) => {
  const { main } = await synthesized({ settings: fullSettings });
  const { removed, kept } = planRemoval(main, made(main));
  t.same(kept.map(({ type }) => type).toSorted(), [
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::GlobalTable",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::SQS::Queue",
    "AWS::SQS::Queue",
    "AWS::SQS::Queue",
  ]);
  for (const id of ["DataRegistrations", "MailMails", "MailQueue"])
    t.ok(
      kept.some(({ name }) => name.startsWith(id)),
      id,
    );
  for (const type of ["AWS::SES::ConfigurationSet", "AWS::SES::EmailIdentity"])
    t.ok(
      removed.some((one) => one.type === type),
      type,
    );
  t.equal(removed.length + kept.length, Object.keys(main.Resources).length);
});

t.test("control: one retained resource in a test stage would be seen", async (t) => {
  const { main } = await synthesized();
  const [id = "", resource] = Object.entries(main.Resources)[0] ?? [];
  const changed = { Resources: { ...main.Resources, [id]: { ...resource!, DeletionPolicy: "Retain" } } };
  t.same(
    planRemoval(changed, made(main)).kept.map(({ logicalId }) => logicalId),
    [id],
  );
});

t.test("the data of a deleted stack is known by its logical ids", async (t) => {
  const { main } = await synthesized({ settings: fullSettings });
  const resources = made(main).map(({ LogicalResourceId: logicalId, ResourceType: type }) => ({
    logicalId,
    type,
    name: logicalId,
    status: main.Resources[logicalId]?.DeletionPolicy === "Retain" ? "DELETE_SKIPPED" : "DELETE_COMPLETE",
  }));
  const foreign = { logicalId: "Shop", type: "AWS::DynamoDB::Table", name: "shop", status: "DELETE_SKIPPED" };
  const { kept } = planFromTraces({ resources: [...resources, foreign], environmentIds: [], neighbours: [] });
  // As many as the stack kept: what is missing here could never be deleted once the stack is gone.
  t.equal(kept.length, planRemoval(main, made(main)).kept.length);
  t.notOk(kept.some(({ name }) => name === "shop"));
});

t.test(
  "of a stack that is half made or half removed, what is gone is not planned, and what was left stays",
  async (t) => {
    const { clients } = openAccount(t, [
      {
        name: "summit-production",
        status: "DELETE_FAILED",
        resources: [
          { logicalId: "Vpc", type: "AWS::EC2::VPC", name: "vpc-1", status: "DELETE_FAILED" },
          { logicalId: "Topic", type: "AWS::SNS::Topic", name: "arn", status: "DELETE_COMPLETE" },
          { logicalId: "Never", type: "AWS::SNS::Topic", name: "", status: "CREATE_FAILED" },
          { logicalId: "Queue", type: "AWS::SQS::Queue", name: "https://q", status: "DELETE_SKIPPED" },
        ],
      },
    ]);
    t.match(await readRemovalPlan(clients.cloudFormation, "summit-production"), {
      removed: [{ name: "vpc-1" }],
      kept: [{ name: "https://q" }],
    });
    t.match(await readRemovalPlan(clients.cloudFormation, "unknown"), { removed: [], kept: [] });
  },
);

const template = {
  Resources: {
    NetworkVpc7F: { Type: "AWS::EC2::VPC", Metadata: { "aws:cdk:path": "summit-test/Network/Vpc/Resource" } },
    PlatformWebD1: {
      Type: "AWS::ElasticBeanstalk::Environment",
      Metadata: { "aws:cdk:path": "summit-test/Platform/Web" },
    },
    Plain: { Type: "AWS::SNS::Topic" },
  },
};

t.test("resources are shown by their construct paths", async (t) => {
  t.same(
    [...titlesOf(template)],
    [
      ["NetworkVpc7F", "Network/Vpc"],
      ["PlatformWebD1", "Platform/Web"],
    ],
  );
});

t.test("what is no template in JSON is an error", async (t) => {
  t.same(parseTemplate(JSON.stringify(template)), template);
  for (const text of ["", "Resources: {}", "{}", '{"Resources":{"A":{}}}']) t.throws(() => parseTemplate(text), text);
});
