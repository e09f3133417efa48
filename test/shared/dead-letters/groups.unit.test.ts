import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { createDeadLetterGroups, DeadLetterGroup } from "../../../shared/dead-letters/groups.ts";

t.test("dead letters are counted by reason and state, largest group first", async (t) => {
  const groups = createDeadLetterGroups();
  const add = (reason: "malformed" | "crash-loop", state: "open" | "resolved", first: string, last: string) =>
    groups.add({ reason, state, firstFailedAt: first, lastFailedAt: last });
  add("malformed", "open", "2026-01-02", "2026-01-05");
  add("crash-loop", "open", "2026-01-03", "2026-01-03");
  add("malformed", "resolved", "2026-01-01", "2026-01-04");
  t.same(groups.groups(), [
    {
      reason: "malformed",
      count: 2,
      states: { open: 1, replayed: 0, storing: 0, resolved: 1, discarded: 0 },
      firstFailedAt: "2026-01-01",
      lastFailedAt: "2026-01-05",
    },
    {
      reason: "crash-loop",
      count: 1,
      states: { open: 1, replayed: 0, storing: 0, resolved: 0, discarded: 0 },
      firstFailedAt: "2026-01-03",
      lastFailedAt: "2026-01-03",
    },
  ]);
  const validator = Compile(DeadLetterGroup);
  t.ok(groups.groups().every((group) => validator.Check(group)));
});
