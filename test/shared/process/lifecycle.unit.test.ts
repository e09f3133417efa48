import { t } from "../../equipment/file-test.ts";
import { createLifecycle, type Part } from "../../../shared/process/lifecycle.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

/** Parts that note what happens to them. */
function notedParts(...names: string[]): { parts: Part[]; notes: string[] } {
  const notes: string[] = [];
  const parts = names.map((name) => ({
    name,
    start: async () => void notes.push(`start ${name}`),
    stop: async () => void notes.push(`stop ${name}`),
  }));
  return { parts, notes };
}

function lifecycleOf(parts: readonly Part[], deadlineSeconds = 10) {
  const { logger, records } = recordLog();
  return { lifecycle: createLifecycle(parts, { deadlineSeconds, logger }), records };
}

t.test("parts start in their order and stop in the opposite one", async (t) => {
  const { parts, notes } = notedParts("clients", "drain", "http");
  const { lifecycle } = lifecycleOf(parts);
  t.equal(await lifecycle.start(), true);
  t.equal(await lifecycle.stop(), true);
  t.same(notes, ["start clients", "start drain", "start http", "stop http", "stop drain", "stop clients"]);
});

t.test("starting twice is one start, stopping twice one stop, and both wait for it", async (t) => {
  const { parts, notes } = notedParts("http");
  const { lifecycle } = lifecycleOf(parts);
  t.same(await Promise.all([lifecycle.start(), lifecycle.start()]), [true, true]);
  t.same(await Promise.all([lifecycle.stop(), lifecycle.stop(), lifecycle.stop()]), [true, true, true]);
  t.same(notes, ["start http", "stop http"]);
});

t.test("a stop before the start leaves nothing to start", async (t) => {
  const { parts, notes } = notedParts("http");
  const { lifecycle } = lifecycleOf(parts);
  t.equal(await lifecycle.stop(), true);
  t.equal(await lifecycle.start(), false);
  t.same(notes, []);
});

t.test("a stop during the start lets the step under way finish, starts nothing more and stops what runs", async (t) => {
  const { parts, notes } = notedParts("clients", "slow", "http");
  const slow = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  parts[1] = {
    ...parts[1]!,
    start: async () => {
      notes.push("start slow");
      reached.resolve();
      await slow.promise;
    },
  };
  const { lifecycle } = lifecycleOf(parts);
  const started = lifecycle.start();
  await reached.promise;
  const stopped = lifecycle.stop();
  slow.resolve();
  t.equal(await started, false);
  t.equal(await stopped, true);
  t.same(notes, ["start clients", "start slow", "stop slow", "stop clients"]);
});

t.test("a part that cannot start is told, and those before it are stopped", async (t) => {
  const { parts, notes } = notedParts("clients", "http");
  const error = new Error("EADDRINUSE");
  parts[1] = { ...parts[1]!, start: () => Promise.reject(error) };
  const { lifecycle } = lifecycleOf(parts);
  await t.rejects(lifecycle.start(), error);
  t.equal(await lifecycle.stop(), true);
  t.same(notes, ["start clients", "stop clients"]);
});

t.test("a part that fails to stop does not keep the others from it, and makes the stop unclean", async (t) => {
  const { parts, notes } = notedParts("clients", "broken", "http");
  parts[1] = { ...parts[1]!, stop: () => Promise.reject(new Error("no")) };
  const { lifecycle, records } = lifecycleOf(parts);
  await lifecycle.start();
  t.equal(await lifecycle.stop(), false);
  t.same(notes.slice(3), ["stop http", "stop clients"]);
  t.match(records, [{ part: "broken" }]);
});

t.test(
  "a part that does not stop leaves the others their turn, within the deadline, and makes the stop unclean",
  async (t) => {
    const { parts, notes } = notedParts("clients", "group commit", "hangs", "http");
    parts[2] = { ...parts[2]!, stop: () => new Promise(() => {}) };
    const { lifecycle, records } = lifecycleOf(parts, 0.2);
    await lifecycle.start();
    t.equal(await lifecycle.stop(), false);
    t.same(notes.slice(4), ["stop http", "stop group commit", "stop clients"]);
    t.match(records, [{ part: "hangs" }], "and not that all of it was cut off");
  },
);

t.test("several parts that do not stop are cut off all the same, and the last has its turn", async (t) => {
  const { parts, notes } = notedParts("clients", "a", "b", "c");
  for (const index of [1, 2, 3]) parts[index] = { ...parts[index]!, stop: () => new Promise(() => {}) };
  const { lifecycle, records } = lifecycleOf(parts, 0.4);
  await lifecycle.start();
  t.equal(await lifecycle.stop(), false);
  t.same(notes.slice(4), ["stop clients"]);
  t.match(records, [{ part: "c" }, { part: "b" }, { part: "a" }]);
});

t.test("a start that hangs does not hold up a stop beyond the deadline", async (t) => {
  const { lifecycle, records } = lifecycleOf([{ name: "hangs", start: () => new Promise(() => {}) }], 0.05);
  void lifecycle.start();
  t.equal(await lifecycle.stop(), false);
  t.match(records, [{ deadlineSeconds: 0.05 }]);
});

t.test("parts need neither a start nor a stop", async (t) => {
  const { lifecycle } = lifecycleOf([{ name: "nothing" }]);
  t.equal(await lifecycle.start(), true);
  t.equal(await lifecycle.stop(), true);
});
