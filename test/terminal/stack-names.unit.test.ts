import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../equipment/file-test.ts";
import { readStackOutputs } from "../../terminal/stack-outputs.ts";
import { suggestStacks, unknownStack } from "../../terminal/stack-names.ts";

const cloudFormation = mockClient(CloudFormationClient);
const client = new CloudFormationClient({ region: "eu-central-1" });
t.teardown(() => {
  cloudFormation.restore();
  client.destroy();
});
const missing = Object.assign(new Error("Stack with id summit does not exist"), { name: "ValidationError" });

function present(...stacks: (readonly [name: string, description: string])[]): void {
  cloudFormation.reset();
  const Stacks = stacks.map(([StackName, Description]) => ({
    StackName,
    Description,
    CreationTime: new Date(0),
    StackStatus: "CREATE_COMPLETE" as const,
  }));
  // One a page, as an account with many stacks answers.
  cloudFormation.on(DescribeStacksCommand).callsFake(({ StackName, NextToken }: Record<string, string | undefined>) => {
    if (StackName !== undefined) throw missing;
    const page = Number(NextToken ?? 0);
    return { Stacks: Stacks.slice(page, page + 1), ...(page + 1 < Stacks.length && { NextToken: String(page + 1) }) };
  });
}

t.test("the name without its stage, or with a typing error, suggests the stack that is meant", async (t) => {
  present(
    ["summit-test", "Turnout: registrations for Summit"],
    ["summit-test-firewall", "Turnout: firewall of summit-test"],
    ["summit-shop", "A shop"],
    ["gala-production", "Turnout: registrations for Gala"],
  );
  t.equal(await suggestStacks(client, "summit"), "Is it summit-test?");
  t.equal(await suggestStacks(client, "sumit-test"), "Is it summit-test?");
  t.equal(await suggestStacks(client, "gala-production-2"), "Is it gala-production?");
  t.equal(await suggestStacks(client, "concert"), "Turnout's stacks here: summit-test, gala-production.");
});

t.test("without rights to list stacks the miss is told without a suggestion", async (t) => {
  cloudFormation.reset();
  cloudFormation.on(DescribeStacksCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
  const error = await unknownStack(client, "summit");
  t.match(error, { code: "TURNOUT_DEPLOYMENT_UNKNOWN", message: /no stack summit in this account and region\. Check/ });
});

t.test("every command that reads a stack's outputs suggests it", async (t) => {
  present(["summit-test", "Turnout: registrations for Summit"]);
  await t.rejects(readStackOutputs({ stack: "summit", region: "eu-central-1" }), {
    code: "TURNOUT_DEPLOYMENT_UNKNOWN",
    message: /Is it summit-test\?/,
    cause: missing,
  });
});
