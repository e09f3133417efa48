import { Command } from "commander";
import { t } from "../../../equipment/file-test.ts";
import {
  addFilterOptions,
  addStateOption,
  toFilter,
  toSelector,
} from "../../../../admin/commands/dead-letters/filter-options.ts";

function parse(...line: string[]) {
  const command = addStateOption(addFilterOptions(new Command("sample")))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const flags = command.parse(line, { from: "user" }).opts();
  return toFilter(flags, flags.state);
}

t.test("what is not asked for is not filtered", async (t) => {
  for (const value of Object.values(parse())) t.equal(value, undefined);
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

t.test("a filter reaches the selection whole, and is not mixed with ids", async (t) => {
  const flags = { reason: "malformed", until: "2026-01-31T00:00:00.000Z", detail: "not JSON", text: "ann" } as const;
  t.match(toSelector([], flags, "open"), { filter: { ...flags, state: "open" } });
  t.match(toSelector([], { all: true }, "open"), { filter: { state: "open" } });
  t.same(toSelector(["a"], {}, "open"), { ids: ["a"] });
  const usage = { code: "TURNOUT_USAGE_INVALID" };
  t.throws(() => toSelector(["a"], { text: "ann" }, "open"), usage);
  t.throws(() => toSelector([], {}, "open"), usage);
});
