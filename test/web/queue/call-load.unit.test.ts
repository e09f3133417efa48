import { t } from "../../equipment/file-test.ts";
import { createCallLoad } from "../../../web/queue/call-load.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

function prepare() {
  const clock = createManualClock();
  const status = createCallLoad(3, clock.now);
  return {
    status,
    clock,
    begin() {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const told = status.track(() => promise);
      told.catch(() => {});
      return { resolve, reject, told };
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test("nothing under way is no load", async (t) => {
  const { status } = prepare();
  t.same(status.load(), {
    served: 0,
    waiting: 0,
    hasRoom: true,
    oldestWaitMs: 0,
    callsInFlight: 0,
    failingMs: 0,
    latestCallMs: 0,
  });
});

t.test("a read's result and its error are handed on as they are", async (t) => {
  const { begin } = prepare();
  const [first, second] = [begin(), begin()];
  first.resolve("confirmed");
  t.equal(await first.told, "confirmed");
  const gone = new Error("gone");
  second.reject(gone);
  await t.rejects(second.told, gone);
});

t.test("reads under way are counted, and above their bound there is no room", async (t) => {
  const { status, begin } = prepare();
  const reads = [begin(), begin(), begin()];
  t.match(status.load(), { waiting: 3, hasRoom: false });
  reads[1]!.resolve("");
  await settled();
  t.match(status.load(), { served: 1, waiting: 2, hasRoom: true });
});

t.test("while nothing is answered the first read tells how long the wait is", async (t) => {
  const { status, clock, begin } = prepare();
  begin();
  clock.advance(1_000);
  begin();
  clock.advance(600);
  t.equal(status.load().oldestWaitMs, 1_600);
});

t.test("a read that others have overtaken hangs, and is not what the others wait for", async (t) => {
  const { status, clock, begin } = prepare();
  begin();
  clock.advance(4_000);
  const second = begin();
  clock.advance(10);
  second.resolve("");
  await settled();
  t.match(status.load(), { waiting: 1, oldestWaitMs: 0 });
  begin();
  clock.advance(20);
  t.equal(status.load().oldestWaitMs, 20);
});

t.test("failures of all reads are a streak, which one success ends", async (t) => {
  const { status, clock, begin } = prepare();
  for (let poll = 0; poll < 5; poll += 1) {
    begin().reject(new Error("no answer"));
    await settled();
    clock.advance(500);
  }
  t.equal(status.load().failingMs, 2_000);
  begin().resolve("");
  await settled();
  t.equal(status.load().failingMs, 0);
});

t.test("over many reads it does not lose count", async (t) => {
  const { status, clock, begin } = prepare();
  const hung = begin();
  const waits = new Set<number>();
  for (let poll = 0; poll < 10_000; poll += 1) {
    const read = begin();
    clock.advance(1);
    waits.add(status.load().oldestWaitMs);
    read.resolve("");
    await read.told;
  }
  t.same([...waits], [1]);
  t.match(status.load(), { served: 10_000, waiting: 1, oldestWaitMs: 0 });
  hung.resolve("");
  await hung.told;
  begin();
  clock.advance(7);
  t.match(status.load(), { served: 10_001, waiting: 1, oldestWaitMs: 7 });
});
