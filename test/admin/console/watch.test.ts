import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { createWatch, type Sight, type WatchOptions } from "../../../admin/console/watch.ts";
import type { Inspection } from "../../../admin/inspector/inspector.ts";
import { eventually } from "../../equipment/eventually.ts";
import { inspectionWith } from "./inspection.ts";

function watchOf(t: Test, look: WatchOptions["look"], patienceMs = 10_000) {
  const sights: Sight[] = [];
  const watch = createWatch({
    look,
    readTiers: async () => inspectionWith().tiers,
    intervalMs: 1,
    patienceMs,
    wallClock: Date.now,
    onSight: (sight) => sights.push(sight),
  });
  t.teardown(() => watch.stop());
  watch.start();
  return { watch, sights };
}

t.test("it goes on after a look that failed, keeping what it saw last, and says since when it is blind", async (t) => {
  const answers: (Inspection | Error)[] = [inspectionWith(), new Error("down"), new Error("down"), inspectionWith()];
  const { watch, sights } = watchOf(t, async () => {
    const answer = answers.shift() ?? inspectionWith();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  await eventually(() => sights.length >= 5, "five looks");
  t.equal(sights[0]?.fault, undefined);
  t.match(sights[1], { fault: { error: { message: "down" } }, inspection: Object });
  t.equal(sights[2]?.fault?.since, sights[1]?.fault?.since);
  t.equal(sights[3]?.fault, undefined);
  t.equal(watch.history.columns().people[1], null);
});

t.test("a look without an answer is told long before it ends", async (t) => {
  const { promise, resolve } = Promise.withResolvers<Inspection>();
  const { sights } = watchOf(t, () => promise, 10);
  await eventually(() => sights.some(({ fault }) => fault), "it is told");
  resolve(inspectionWith());
  await eventually(() => sights.at(-1)?.fault === undefined, "and taken back");
});

t.test("while a worker that is down tells no pack size, people are counted with the last one known", async (t) => {
  const sizes = [8, null];
  const { sights } = watchOf(t, async () =>
    inspectionWith({
      queue: { messages: 5, registrationsEstimate: 5 },
      figures: { meanPackSize: sizes.shift() ?? null },
    }),
  );
  await eventually(() => sights.length >= 3, "three looks");
  t.equal(sights.at(-1)?.inspection?.queue.registrationsEstimate, 40);
});

t.test("the pace is that of many looks, so that one odd count does not turn it around", async (t) => {
  const began = Date.now();
  const messages = [100, 90, 80, 85];
  let turn = 0;
  const { sights } = watchOf(t, async () => {
    const at = new Date(began + turn * 1_000).toISOString();
    const left = messages[turn] ?? 85;
    turn = Math.min(turn + 1, 3);
    return inspectionWith({ queue: { messages: left, at }, figures: { meanPackSize: 1 } });
  });
  await eventually(() => sights.length >= 4, "four looks");
  t.equal(sights[3]?.inspection?.queue.drainPerSecond, 5, "15 fewer in 3 s, although the last look saw 5 more");
});

t.test("stopping twice, before a start, or during a look that hangs, comes to an end", async (t) => {
  const idle = createWatch({
    look: () => new Promise(() => {}),
    readTiers: async () => inspectionWith().tiers,
    intervalMs: 1,
    patienceMs: 1_000,
    wallClock: Date.now,
    onSight: () => t.fail("told after the end"),
  });
  await idle.stop();
  const { watch } = watchOf(t, () => delay(60_000, inspectionWith(), { ref: false }));
  await Promise.all([watch.stop(), watch.stop()]);
});
