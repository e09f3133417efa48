import t from "tap";
import { isOfEnvironment, isOurs, type LookContext } from "../../../deploy/stack/leftover.ts";
import { account, openAccount } from "./account-stand-in.ts";

t.test("what bears the stack's name is ours, unless it bears a neighbour's", async (t) => {
  const { clients } = openAccount(t);
  const traces = { resources: [], environmentIds: ["e-abc"], neighbours: ["summit-test-two"] };
  const context: LookContext = { clients, stack: "summit-test", account, traces };
  t.ok(isOurs("summit-test-Table1", context));
  t.notOk(isOurs("summit-test-two-Table1", context), "a neighbour's");
  t.notOk(isOurs("summit-testimony", context), "another word");
  t.notOk(isOurs("my-summit-test-Table1", context));
  t.ok(isOfEnvironment("TargetTracking-awseb-e-abc-stack-Group", context));
  t.notOk(isOfEnvironment("awseb-e-xyz-stack-Group", context));
});
