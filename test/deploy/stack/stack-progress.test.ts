import t from "tap";
import type { StackEvent } from "../../../deploy/stack/stack-events.ts";
import { createStackProgress } from "../../../deploy/stack/stack-progress.ts";

const event = (logicalId: string, status: string, reason = ""): StackEvent => ({
  at: "2027-01-01T12:34:56.000Z",
  stack: "summit-test",
  logicalId,
  physicalId: "",
  type: logicalId === "summit-test" ? "AWS::CloudFormation::Stack" : "AWS::EC2::VPC",
  status,
  reason,
  ofStack: logicalId === "summit-test",
});

function open(total?: number) {
  const lines: string[] = [];
  const clock = { now: 0 };
  const progress = createStackProgress({
    titles: new Map([["NetworkVpc7F", "Network/Vpc"]]),
    total,
    note: (line) => lines.push(line),
    now: () => clock.now,
  });
  return { progress, lines, clock };
}

t.test("what is done gets a line, by the name that people know, with how far it is", async (t) => {
  const { progress, lines } = open(3);
  progress.show([
    event("NetworkVpc7F", "CREATE_IN_PROGRESS"),
    event("NetworkVpc7F", "CREATE_COMPLETE"),
    event("Queue", "CREATE_COMPLETE"),
    event("summit-test", "CREATE_COMPLETE"),
  ]);
  t.same(lines, [
    "12:34:56  created  [1/3] Network/Vpc (AWS::EC2::VPC)",
    "12:34:56  created  [2/3] Queue (AWS::EC2::VPC)",
  ]);
  t.equal(progress.firstFailure(), undefined);
});

t.test("the first failure is kept apart from what fails because of it", async (t) => {
  const { progress, lines } = open();
  progress.show([
    event("Other", "CREATE_FAILED", "Resource creation cancelled"),
    event("NetworkVpc7F", "CREATE_FAILED", "The maximum number of VPCs has been reached.\u001b[2J"),
    event("Late", "CREATE_FAILED", "something else"),
    event("summit-test", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed"),
    event("NetworkVpc7F", "DELETE_COMPLETE"),
  ]);
  t.match(progress.firstFailure(), { logicalId: "NetworkVpc7F", reason: /maximum number/ });
  t.match(lines[0], /FAILED {3}Network\/Vpc .*maximum number/);
  t.notMatch(lines.join(""), "\u001b", "a reason cannot command the terminal");
  t.notMatch(lines.join(""), "cancelled");
});

t.test("where nothing in it failed, the stack's own failure is told", async (t) => {
  const { progress } = open();
  progress.show([event("summit-test", "CREATE_FAILED", "Template error")]);
  t.match(progress.firstFailure(), { reason: "Template error" });
});

t.test("what was removed at a second try has not failed", async (t) => {
  const { progress } = open();
  progress.show([event("A", "DELETE_FAILED", "has dependencies"), event("B", "DELETE_FAILED", "in use")]);
  t.same(
    progress.failures().map(({ logicalId }) => logicalId),
    ["A", "B"],
  );
  progress.show([event("A", "DELETE_COMPLETE"), event("B", "DELETE_SKIPPED")]);
  t.same(progress.failures(), []);
});

t.test("after a minute without news it says what it waits for, longest first", async (t) => {
  const { progress, lines, clock } = open();
  progress.show([event("NetworkVpc7F", "CREATE_IN_PROGRESS")]);
  clock.now = 30_000;
  progress.show(["A", "B", "C"].map((id) => event(id, "CREATE_IN_PROGRESS")));
  t.same(lines, []);
  clock.now = 90_000;
  progress.show([]);
  t.same(lines, ["          … creating Network/Vpc (1 min 30 s), creating A (1 min), creating B (1 min), and 1 more"]);
  clock.now = 100_000;
  progress.show([]);
  t.equal(lines.length, 1, "and then not again for a minute");
});
