import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { createLoadShedder, type Load, type LoadShedderOptions } from "../../../web/queue/load-shedding.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

const quiet: Load = {
  served: 0,
  waiting: 0,
  hasRoom: true,
  oldestWaitMs: 0,
  callsInFlight: 0,
  failingMs: 0,
  latestCallMs: 0,
};

function prepare(options: Partial<LoadShedderOptions> = {}) {
  const clock = createManualClock();
  let load = quiet;
  let loopDelayMs = 0;
  const shedder = createLoadShedder({
    load: () => load,
    loopDelayMs: () => loopDelayMs,
    maxLoopDelayMs: 1_000,
    maxWaitMs: 1_500,
    now: clock.now,
    random: () => 0.5,
    ...options,
  });
  return {
    shedder,
    clock,
    set: (changes: Partial<Load>) => (load = { ...quiet, ...changes }),
    setLoopDelay: (ms: number) => (loopDelayMs = ms),
  };
}

t.test("while all is well everybody is taken", async (t) => {
  const { shedder, set } = prepare();
  t.equal(shedder.rejection(), undefined);
  set({ waiting: 4_000, callsInFlight: 4, oldestWaitMs: 1_500, served: 100_000 });
  t.equal(shedder.rejection(), undefined, "a buffer that moves is no reason");
  t.equal(shedder.shed, 0);
});

t.test("each signal rejects by itself, and is named", async (t) => {
  const { shedder, set, setLoopDelay } = prepare();
  set({ hasRoom: false });
  t.equal(shedder.rejection()?.reason, "buffer-full");
  set({ oldestWaitMs: 1_501 });
  t.equal(shedder.rejection()?.reason, "buffer-slow");
  set({});
  setLoopDelay(2_500);
  t.equal(shedder.rejection()?.reason, "event-loop");
  setLoopDelay(0);
  set({ failingMs: 1_501, callsInFlight: 1 });
  t.equal(shedder.rejection()?.reason, "failing");
  set({});
  t.equal(shedder.rejection(), undefined, "and when it is over, everybody is taken again at once");
  t.equal(shedder.shed, 4);
});

t.test("the later the loop, the fewer are taken, but never nobody", async (t) => {
  const taken = (delayMs: number): number => {
    let person = 0;
    const { shedder, setLoopDelay } = prepare({ random: () => (person % 100) / 100 });
    setLoopDelay(delayMs);
    let count = 0;
    for (; person < 100; person += 1) count += shedder.rejection() ? 0 : 1;
    return count;
  };
  t.same([0, 1_000, 1_250, 2_000, 10_000].map(taken), [100, 100, 80, 50, 10]);
});

t.test("while all calls fail one at a time tries whether that is over", async (t) => {
  const { shedder, set } = prepare();
  set({ failingMs: 60_000, callsInFlight: 0 });
  t.equal(shedder.rejection(), undefined, "this one tries");
  set({ failingMs: 60_000, callsInFlight: 1 });
  t.equal(shedder.rejection()?.reason, "failing", "the others do not wait for it");
  set({ failingMs: 60_000, callsInFlight: 1, latestCallMs: 1_000 });
  t.equal(shedder.rejection(), undefined, "a try that hangs does not hold up the next one");
  set({ failingMs: 1_000, callsInFlight: 4 });
  t.equal(shedder.rejection(), undefined, "a short failure is not yet one");
});

t.test("who is rejected is told to come back the later, the more are rejected for each that is taken", async (t) => {
  const wait = (refusedPerSecond: number, servedPerSecond: number): number => {
    const { shedder, clock, set } = prepare();
    set({ hasRoom: false });
    for (let rejected = 0; rejected < refusedPerSecond; rejected += 1) shedder.rejection();
    clock.advance(1_000);
    set({ served: servedPerSecond, hasRoom: false });
    return shedder.rejection()!.retryAfterSeconds;
  };
  const waits = [wait(10, 1_000), wait(5_000, 1_000), wait(20_000, 1_000), wait(5_000, 0)];
  t.same(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  t.ok(waits[0]! <= 3, `a little too much: ${waits[0]} s`);
  t.ok(waits[3]! > 20 && waits[3]! <= 60, `nothing moves: ${waits[3]} s`);
});

t.test("those who are rejected together are spread over the time in which they come back", async (t) => {
  const { shedder, clock, set } = prepare({ random: Math.random });
  set({ hasRoom: false });
  for (let rejected = 0; rejected < 10_000; rejected += 1) shedder.rejection();
  clock.advance(1_000);
  set({ served: 1_000, hasRoom: false });
  const seconds = new Set(Array.from({ length: 500 }, () => shedder.rejection()!.retryAfterSeconds));
  t.ok(seconds.size > 10, `${seconds.size} different seconds`);
});

t.test("whatever the figures are, a rejection names a whole number of seconds from 1 to 60", async () => {
  const figure = fc.nat(10_000_000);
  fc.assert(
    fc.property(
      fc.array(fc.record({ served: figure, waiting: figure, oldestWaitMs: figure, ms: fc.nat(5_000) }), {
        maxLength: 20,
      }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (course, random) => {
        const { shedder, clock, set } = prepare({ random: () => random });
        for (const { ms, ...load } of course) {
          clock.advance(ms);
          set({ ...load, hasRoom: false });
          const { retryAfterSeconds } = shedder.rejection()!;
          if (!Number.isInteger(retryAfterSeconds) || retryAfterSeconds < 1 || retryAfterSeconds > 60) {
            throw new Error(`${retryAfterSeconds} s`);
          }
        }
      },
    ),
  );
});
