import { setTimeout as delay } from "node:timers/promises";
import type { Test } from "tap";
import { t } from "../equipment/file-test.ts";
import { createWatch, type Snapshot, type WatchOptions } from "../../console/watch.ts";
import { noActivity } from "../../shared/activity/bucket.ts";
import type { Inspection } from "../../admin/inspector/inspector.ts";
import { eventually } from "../equipment/eventually.ts";
import { inspectionWith } from "./inspection.ts";

const seenAt = (at: number) =>
  inspectionWith({ queue: { messages: 3, registrationsEstimate: 30, at: new Date(at).toISOString() } });

function watchOf(
  t: Test,
  inspect: WatchOptions["inspect"],
  timeoutMs = 10_000,
  lastHour: WatchOptions["lastHour"] = async () => [],
) {
  const snapshots: Snapshot[] = [];
  const watch = createWatch({
    inspect,
    lastHour,
    readTiers: async () => inspectionWith().tiers,
    intervalMs: 1,
    timeoutMs,
    wallClock: Date.now,
    onSnapshot: (snapshot) => snapshots.push(snapshot),
  });
  t.teardown(() => watch.stop());
  watch.start();
  return { watch, snapshots };
}

t.test("it goes on after a failed poll, keeps the last result, and says since when it gets none", async (t) => {
  const answers: (Inspection | Error)[] = [inspectionWith(), new Error("down"), new Error("down"), inspectionWith()];
  const { watch, snapshots } = watchOf(t, async () => {
    const answer = answers.shift() ?? inspectionWith();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  await eventually(() => snapshots.length >= 5, "five looks");
  t.equal(snapshots[0]?.failure, undefined);
  t.match(snapshots[1], { failure: { error: { message: "down" } }, inspection: Object });
  t.equal(snapshots[2]?.failure?.since, snapshots[1]?.failure?.since);
  t.equal(snapshots[3]?.failure, undefined);
  t.equal(watch.history.columns().people[1], null);
});

t.test("a poll without an answer is told long before it ends", async (t) => {
  const { promise, resolve } = Promise.withResolvers<Inspection>();
  const { snapshots } = watchOf(t, () => promise, 10);
  await eventually(() => snapshots.some(({ failure }) => failure), "it is told");
  resolve(inspectionWith());
  await eventually(() => snapshots.at(-1)?.failure === undefined, "and taken back");
});

t.test(
  "what was done before it was started is in its charts, and so is what was done while it saw nothing",
  async (t) => {
    const slice = { ...noActivity, accepted: 20, packsSent: 2 };
    const at = Math.floor(Date.now() / 10_000) * 10_000;
    const past = [
      { ...slice, from: at - 10_000, to: at },
      { ...slice, from: at - 20_000, to: at - 10_000 },
    ];
    const answers: (Inspection | Error)[] = [seenAt(at), new Error("down"), seenAt(at)];
    let asked = 0;
    const { watch, snapshots } = watchOf(
      t,
      async () => {
        const answer = answers.shift() ?? seenAt(at);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      10_000,
      async () => {
        asked += 1;
        if (asked === 1) throw new Error("the table does not answer yet");
        return past;
      },
    );
    await eventually(() => snapshots.length >= 4, "four looks");
    t.equal(asked, 2, "asked again where there was no answer, or no snapshot, and not otherwise");
    t.same(watch.history.columns().at.slice(0, 2), [at / 1_000 - 10, at / 1_000]);
    t.same(watch.history.columns().people.slice(0, 2), [10, 30]);
  },
);

t.test("stopping twice, before a start, or during a poll that hangs, comes to an end", async (t) => {
  const idle = createWatch({
    inspect: () => new Promise(() => {}),
    lastHour: async () => [],
    readTiers: async () => inspectionWith().tiers,
    intervalMs: 1,
    timeoutMs: 1_000,
    wallClock: Date.now,
    onSnapshot: () => t.fail("told after the end"),
  });
  await idle.stop();
  const { watch } = watchOf(t, () => delay(60_000, inspectionWith(), { ref: false }));
  await Promise.all([watch.stop(), watch.stop()]);
});
