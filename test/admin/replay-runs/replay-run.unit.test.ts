import { t } from "../../equipment/file-test.ts";
import {
  canResume,
  describeOutcomes,
  isRunId,
  newRunId,
  noCounts,
  runStandings,
  standingOf,
  withOutcome,
} from "../../../admin/replay-runs/replay-run.ts";
import type { ReplayFate, ReplayOutcome } from "../../../shared/dead-letters/replay.ts";

const at = "2026-01-31T09:45:00.123Z";
const now = Date.parse(at);
const lease = { run: "run", by: "ann", until: new Date(now + 1).toISOString() };
const outcome = (id: string, fate: ReplayFate): ReplayOutcome => ({ id, fate, detail: "" });

t.test("a run whose record says running runs only while somebody holds its lease", async (t) => {
  const running = { id: "run", state: "running" } as const;
  t.equal(standingOf(running, lease, now), "running");
  t.equal(standingOf(running, { ...lease, stopBy: "bob" }, now), "stopping");
  t.equal(standingOf(running, lease, now + 1), "interrupted");
  t.equal(standingOf(running, { ...lease, run: "another" }, now), "interrupted");
  t.equal(standingOf(running, undefined, now), "interrupted");
  t.equal(standingOf({ id: "run", state: "done" }, lease, now), "done", "its end is being written");
  const stopped = { id: "run", state: "stopped" } as const;
  t.equal(standingOf(stopped, lease, now), "stopping", "its holder is about to let it go: nobody could resume it yet");
  for (const none of [undefined, { ...lease, run: "another" }]) t.equal(standingOf(stopped, none, now), "stopped");
  t.equal(standingOf(stopped, lease, now + 1), "stopped");
  t.strictSame(runStandings.filter(canResume), ["interrupted", "stopped"]);
});

t.test("ids are in the order of time, and recognised", async (t) => {
  const id = newRunId(at);
  t.match(id, /^20260131T094500-[0-9a-f]{8}$/);
  t.ok(isRunId(id));
  t.notOk(isRunId("../20260131T094500-3f9a51c2"));
  t.ok(newRunId("2026-01-31T09:45:01.000Z") > id);
});

t.test("of many outcomes the latest stay, and longest those that need attention", async (t) => {
  let outcomes: readonly ReplayOutcome[] = [outcome("bad", "failed")];
  for (let number = 0; number < 100; number += 1)
    outcomes = withOutcome(outcomes, outcome(`good-${number}`, "resolved"));
  t.equal(outcomes.length, 50);
  t.equal(outcomes[0]?.id, "good-99");
  t.equal(outcomes.at(-1)?.id, "bad");
  for (let number = 0; number < 100; number += 1) outcomes = withOutcome(outcomes, outcome(`bad-${number}`, "failed"));
  t.equal(outcomes.length, 50);
  t.equal(outcomes[0]?.id, "bad-99");
  t.strictSame(withOutcome([outcome("a", "unknown")], outcome("a", "resolved")), [outcome("a", "resolved")]);
});

t.test("what was done is told in words, and only that", async (t) => {
  const run = { selected: 37, sent: 0, counts: noCounts };
  t.equal(describeOutcomes(run), "sent 0 of 37");
  const counts = { ...noCounts, resolved: 24, failed: 1, unknown: 2 };
  t.equal(
    describeOutcomes({ ...run, sent: 27, counts }),
    "sent 27 of 37: 24 resolved, 1 failed again, 2 without an outcome yet",
  );
});
