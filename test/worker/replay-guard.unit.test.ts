import { t } from "../equipment/file-test.ts";
import type { DeadLettersTable, Replay, ReplayStart } from "../../worker/dead-letters-table.ts";
import { createReplayGuard } from "../../worker/replay-guard.ts";
import { people, somebody } from "../equipment/people.ts";

function guardOf(starts: Record<string, ReplayStart>) {
  const begun: Replay[] = [];
  const stale: string[] = [];
  const begin: DeadLettersTable["begin"] = async (replay) => {
    begun.push(replay);
    return starts[replay.id] ?? "unfinished";
  };
  const records = { begin } as DeadLettersTable;
  return { begun, stale, guard: createReplayGuard({ records, onStale: (id) => stale.push(id) }) };
}

t.test("registrations that are no replays pass at once, as they are", async (t) => {
  const { guard, begun } = guardOf({});
  const registrations = people(3);
  const admission = await guard.admit(registrations);
  t.equal(admission.registrations, registrations, "not even copied");
  t.equal(admission.unfinished, 0);
  t.same(begun, []);
});

t.test("a replay passes only when its record was taken over under its own claim", async (t) => {
  const { guard, begun, stale } = guardOf({ a: "storing", b: "stale", c: "settled" });
  const replays = ["a", "b", "c", "d"].map((replayOf) => somebody({ replayOf, claim: `claim of ${replayOf}` }));
  const plain = somebody();
  const { registrations, unfinished } = await guard.admit([...replays, plain]);
  t.same(registrations, [replays[0], plain]);
  t.equal(unfinished, 1);
  t.same(stale, ["b"]);
  t.same(begun[0], { id: "a", claim: "claim of a" });
});

t.test("what an earlier version sent has no claim, and says so", async (t) => {
  const { guard, begun } = guardOf({ a: "storing" });
  await guard.admit([somebody({ replayOf: "a" })]);
  t.same(begun, [{ id: "a", claim: undefined }]);
});
