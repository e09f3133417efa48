import { Command } from "commander";
import { t } from "../../../equipment/file-test.ts";
import { addFilterOptions, addStateOption, toFilter } from "../../../../admin/commands/dead-letters/filter-options.ts";

function parse(...line: string[]) {
  const command = addStateOption(addFilterOptions(new Command("sample")))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return toFilter(command.parse(line, { from: "user" }).opts());
}

t.test("what is not asked for is not filtered", async (t) => {
  t.same(parse(), { reason: undefined, since: undefined, state: undefined });
  t.match(parse("--reason", "malformed", "--state", "open", "--since", "2026-01-31"), {
    reason: "malformed",
    state: "open",
    since: "2026-01-31T00:00:00.000Z",
  });
});

t.test("reasons and states are those there are", async (t) => {
  t.throws(() => parse("--reason", "boredom"), { code: "commander.invalidArgument" });
  t.throws(() => parse("--state", "gone"), { code: "commander.invalidArgument" });
});
