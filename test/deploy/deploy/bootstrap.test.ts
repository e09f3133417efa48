import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import t from "tap";
import { readBootstrap } from "../../../deploy/deploy/bootstrap.ts";
import { awsError, openAccount, region } from "../stack/account-stand-in.ts";

const cases: [title: string, status: string | undefined, version: string | undefined, ready: boolean][] = [
  ["new enough", "CREATE_COMPLETE", "28", true],
  ["just enough", "UPDATE_COMPLETE", "6", true],
  ["too old", "UPDATE_COMPLETE", "5", false],
  ["not there", undefined, undefined, false],
  ["half made", "ROLLBACK_COMPLETE", "28", false],
  ["somebody else's of the same name", "CREATE_COMPLETE", undefined, false],
];

for (const [title, status, version, ready] of cases) {
  t.test(`a bootstrap stack that is ${title} ${ready ? "will" : "will not"} do`, async (t) => {
    const outputs: Record<string, string> = version === undefined ? {} : { BootstrapVersion: version };
    const { clients } = openAccount(t, status === undefined ? [] : [{ name: "CDKToolkit", status, outputs }]);
    const found = await readBootstrap(clients.cloudFormation, region, 6);
    t.same(found, { region, version: version === undefined ? null : Number(version), required: 6, ready });
  });
}

t.test("without the right to look nothing is claimed", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("AccessDenied"));
  await t.rejects(readBootstrap(clients.cloudFormation, region, 6), { name: "AccessDenied" });
});
