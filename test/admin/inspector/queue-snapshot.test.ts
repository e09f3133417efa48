import t from "tap";
import { paceOf, type QueueLook } from "../../../admin/inspector/queue-snapshot.ts";

function look(seconds: number, waiting: number, meanPackSize: number | null = 10, inFlight = 0): QueueLook {
  return { at: seconds * 1_000, queue: { waiting, inFlight, delayed: 0 }, meanPackSize };
}

t.test("one look has no pace", async (t) => {
  t.same(paceOf(look(0, 100), undefined), { drainPerSecond: null, etaSeconds: null });
  t.same(paceOf(look(0, 0), undefined), { drainPerSecond: null, etaSeconds: 0 }, "but empty is empty");
});

t.test("the pace is in people, of all that is left, held ones included", async (t) => {
  t.same(paceOf(look(10, 40, 10, 10), look(0, 90, 10, 10)), { drainPerSecond: 50, etaSeconds: 10 });
});

t.test("a queue that grows or stands still has no end in sight", async (t) => {
  t.same(paceOf(look(10, 100), look(0, 50)), { drainPerSecond: -50, etaSeconds: null });
  t.same(paceOf(look(10, 100), look(0, 100)), { drainPerSecond: 0, etaSeconds: null });
});

t.test("a better estimate of the pack size is no drain", async (t) => {
  t.equal(paceOf(look(10, 100, 10), look(0, 100, 50)).drainPerSecond, 0);
  t.equal(paceOf(look(10, 100, null), look(0, 200, null)).drainPerSecond, 10, "unknown counts as one");
});

t.test("two looks at the same moment tell nothing", async (t) => {
  t.equal(paceOf(look(1, 100), look(1, 200)).drainPerSecond, null);
});
