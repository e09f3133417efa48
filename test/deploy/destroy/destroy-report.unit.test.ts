import { Command } from "commander";
import { t } from "../../equipment/file-test.ts";
import { showPlan, showRemoval, type DestroyOutput } from "../../../deploy/destroy/destroy-report.ts";
import { run } from "../stack/command-stand-in.ts";

const planned: DestroyOutput = {
  stack: "summit-production",
  stage: "production",
  account: "123456789012",
  region: "eu-central-1",
  outcome: "planned",
  problems: [],
  removed: 97,
  kept: [{ logicalId: "Table", type: "AWS::DynamoDB::GlobalTable", name: "summit-production-Table" }],
  waitingMessages: 0,
  exported: null,
  evidence: [],
  failures: [],
  leftovers: null,
  seconds: 1_265,
};

const plan = (output: DestroyOutput, all: boolean) =>
  run(({ terminal }) => new Command("show").action(() => showPlan(terminal, output, all)), []);
const show = (output: DestroyOutput) =>
  run(({ terminal }) => new Command("show").action(() => showRemoval(terminal, output)), []);

t.test("the plan shows of each data resource whether it is kept", async (t) => {
  t.match(
    (await plan(planned, false)).stderr,
    /goes: {2}97 resource\(s\) of the stack\n {2}stays: summit-production-Table/,
  );
  t.match(
    (await plan(planned, true)).stderr,
    /97 resource\(s\) of the stack, and the 1 below\n {2}goes: {2}summit-production-Table/,
  );
  t.match((await plan({ ...planned, kept: [] }, false)).stderr, "stays: nothing");
});

t.test("waiting messages are only lost with their queue", async (t) => {
  const waiting = { ...planned, waitingMessages: 3 };
  t.notMatch((await plan(waiting, false)).stderr, "never stored");
  t.match((await plan(waiting, true)).stderr, "never stored");
  t.match((await plan({ ...waiting, kept: [] }, false)).stderr, "never stored");
});

t.test("every outcome says the state and what to do", async (t) => {
  const words: [outcome: DestroyOutput["outcome"], text: RegExp][] = [
    ["removed", /summit-production is removed \(21 min 5 s\)/],
    ["late", /Run the same command again to wait for it/],
    ["failed", /half removed/],
    ["declined", /Nothing was removed/],
    ["not-ready", /Nothing was removed/],
  ];
  for (const [outcome, text] of words) t.match((await show({ ...planned, outcome })).stdout, text, outcome);
  const exported = { file: "people.csv", rows: 12_345 };
  t.match((await show({ ...planned, outcome: "removed", exported })).stdout, "12,345 registrations in people.csv");
});
