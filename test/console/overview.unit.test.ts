import { t } from "../equipment/file-test.ts";
import { toOverview } from "../../console/overview.ts";
import type { Snapshot } from "../../console/watch.ts";
import { inspectionWith } from "./inspection.ts";

function overviewOf(changes: Parameters<typeof inspectionWith>[0], failure?: Snapshot["failure"]) {
  const inspection = inspectionWith(changes);
  return toOverview({ at: 0, inspection, tiers: inspection.tiers, failure });
}

function figures(changes: Parameters<typeof inspectionWith>[0]) {
  const overview = overviewOf(changes);
  return Object.fromEntries(overview.figures.map(({ id, value, note }) => [id, `${value} (${note})`]));
}

t.test("depth is told in people, as the estimate it is, and in messages", async (t) => {
  const queue = { messages: 40, inFlight: 8, delayed: 2, registrationsEstimate: 12_345 };
  t.match(figures({ queue }).waiting, /^≈ 12,345 people \(in 50 messages, from the recorded activity/);
  t.match(figures({ queue: { messages: 1, registrationsEstimate: 1 } }).waiting, /^≈ 1 person \(in 1 message,/);
  t.match(figures({ queue: { ...queue, atLeast: true } }).waiting, /^≥ 12,345 people \(.*some older than/);
  t.equal(figures({}).waiting, "0 people (0 messages)");
});

t.test(
  "the wait is that of whoever comes now, and what is not known is a dash and the reason, never a zero",
  async (t) => {
    const queue = { messages: 1, oldestAgeSeconds: null, drainPerSecond: 0, etaSeconds: null };
    const shown = figures({ queue });
    for (const id of ["oldest", "empty-in"]) t.match(shown[id], /^– \(.*unknown while nobody/, id);
    const draining = { ...queue, drainPerSecond: 12, etaSeconds: 90 };
    t.match(figures({ queue: draining })["empty-in"], /^1 min 30 s \(.*at 12\/s by all workers/);
    t.match(figures({ queue: { ...draining, atLeast: true } })["empty-in"], /^≥ 1 min/);
    t.match(figures({}).accepted, /^0\/s/, "control: a zero is a zero");
  },
);

t.test("the worker's circuit breaker is told from polling that stopped", async (t) => {
  const words = (cause: string) =>
    overviewOf({ tiers: [{ tier: "worker", health: "unhealthy", causes: [cause] }] }).tiers[0]?.words;
  t.match(words("table: access denied"), /circuit breaker is open/);
  t.match(words("queue: nothing was received for 200 s, not even an empty answer"), /stopped receiving/);
});

t.test("only groups with something open, or under way, are shown", async (t) => {
  const group = { count: 1, firstFailedAt: "2026", lastFailedAt: "2026", reason: "malformed" } as const;
  const states = { open: 0, replayed: 0, storing: 0, resolved: 1, discarded: 0 };
  const shown = (of: typeof states) => overviewOf({ deadLetterGroups: [{ ...group, states: of }] }).groups;
  t.same(shown(states), []);
  t.match(shown({ ...states, open: 2 }), [{ title: "The message cannot be read" }]);
});

t.test("figures from before the view was lost are called old; the tiers are those of now", async (t) => {
  t.equal(overviewOf({}).stale, false);
  const now = [{ tier: "worker" as const, health: "unreachable" as const, causes: [] }];
  const lost = { error: new Error("down"), since: 0 };
  const overview = toOverview({ at: 0, inspection: inspectionWith(), tiers: now, failure: lost });
  t.match(overview, { stale: true, tiers: [{ health: "unreachable" }] });
});
