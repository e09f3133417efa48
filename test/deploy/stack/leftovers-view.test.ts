import { Command } from "commander";
import t from "tap";
import { showLeftovers } from "../../../deploy/stack/leftovers-view.ts";
import type { LeftoversReport } from "../../../deploy/stack/leftovers.ts";
import { run } from "./command-stand-in.ts";

const clean: LeftoversReport = {
  stack: "summit-test",
  region: "eu-central-1",
  clean: true,
  left: [],
  kept: [],
  shared: [],
  unseen: [],
};

const show = (report: LeftoversReport) =>
  run(({ terminal }) => new Command("show").action(() => showLeftovers(terminal, report)), []);

t.test("a person sees in one line whether anything is left", async (t) => {
  t.equal((await show(clean)).stdout, "Nothing of summit-test is left in eu-central-1.\n");
});

t.test("what is left, kept and shared stands in one table, and beside it where it could not be looked", async (t) => {
  const item = (name: string) => ({ kind: "log group", name, detail: "named after the stack" });
  const unseen = [{ what: "IAM roles", reason: "AccessDenied: iam:ListRoles" }];
  const { stdout, stderr } = await show({
    ...clean,
    clean: false,
    left: [item("a")],
    kept: [item("b")],
    shared: [item("c")],
    unseen,
  });
  t.match(stdout, /a +left[\s\S]*b +kept[\s\S]*c +shared/);
  t.match(stdout, "1 left and 1 kept of summit-test in eu-central-1, and 1 place(s) could not be looked at.");
  t.match(stderr, /Not looked at: IAM roles \(AccessDenied/);
});
