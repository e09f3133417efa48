import { ListStacksCommand } from "@aws-sdk/client-cloudformation";
import { DescribeEnvironmentsCommand } from "@aws-sdk/client-elastic-beanstalk";
import t from "tap";
import { readTraces } from "../../../deploy/stack/traces.ts";
import { awsError, openAccount } from "./account-stand-in.ts";

const removed = {
  name: "summit-test",
  status: "DELETE_COMPLETE",
  resources: [
    { logicalId: "Web", type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1ABC", status: "DELETE_COMPLETE" },
    { logicalId: "Table", type: "AWS::DynamoDB::GlobalTable", name: "summit-test-Table", status: "DELETE_SKIPPED" },
  ],
};

t.test("a stack that is gone is known by what it had", async (t) => {
  const { clients, mocks } = openAccount(t, [removed]);
  mocks.beanstalk.on(DescribeEnvironmentsCommand).resolves({ Environments: [{ EnvironmentId: "e-abc" }] });
  const { resources, environmentIds } = await readTraces(clients, "summit-test");
  t.match(resources, [
    { type: "AWS::CloudFormation::Stack", status: "DELETE_COMPLETE" },
    { type: "AWS::ElasticBeanstalk::Environment", name: "summ-Plat-1ABC" },
    { name: "summit-test-Table", status: "DELETE_SKIPPED" },
  ]);
  t.same(environmentIds, ["e-abc"]);
  const [call] = mocks.beanstalk.commandCalls(DescribeEnvironmentsCommand);
  t.match(call?.args[0].input, { EnvironmentNames: ["summ-Plat-1ABC"], IncludeDeleted: true });
});

t.test(
  "living stacks whose names begin alike are neighbours; its own firewall and removed ones are none",
  async (t) => {
    const names = ["summit-test-two-test", "summit-test-firewall", "summit-production"];
    const { clients } = openAccount(t, [
      ...names.map((name) => ({ name, status: "CREATE_COMPLETE" })),
      { name: "summit-test-old", status: "DELETE_COMPLETE" },
    ]);
    t.same(await readTraces(clients, "summit-test"), {
      resources: [],
      environmentIds: [],
      neighbours: ["summit-test-two-test"],
    });
  },
);

t.test("without Elastic Beanstalk its ids stay unknown; without CloudFormation nothing is", async (t) => {
  const { clients, mocks } = openAccount(t, [removed]);
  mocks.beanstalk.on(DescribeEnvironmentsCommand).rejects(awsError("AccessDenied"));
  t.same((await readTraces(clients, "summit-test")).environmentIds, []);
  mocks.cloudFormation.on(ListStacksCommand).rejects(awsError("Throttling"));
  await t.rejects(readTraces(clients, "summit-test"), { name: "Throttling" });
});
