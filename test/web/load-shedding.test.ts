import * as fc from "fast-check";
import t from "tap";
import type { GroupCommitFigures } from "../../web/group-commit.ts";
import { createLoadShedder, type LoadShedderOptions } from "../../web/load-shedding.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

const quiet: GroupCommitFigures = {
  confirmed: 0,
  packs: 0,
  failedPacks: 0,
  waiting: 0,
  sendsInFlight: 0,
  oldestWaitMs: 0,
  failingMs: 0,
};

function prepare(options: Partial<LoadShedderOptions> = {}) {
  const clock = createManualClock();
  let figures = quiet;
  let room = true;
  let loopDelayMs = 0;
  const shedder = createLoadShedder({
    figures: () => figures,
    loopDelayMs: () => loopDelayMs,
    maxLoopDelayMs: 1_000,
    hasRoom: () => room,
    maxWaitMs: 1_500,
    now: clock.now,
    random: () => 0.5,
    ...options,
  });
  return {
    shedder,
    clock,
    set: (changes: Partial<GroupCommitFigures>) => (figures = { ...quiet, ...changes }),
    setRoom: (has: boolean) => (room = has),
    setLoopDelay: (ms: number) => (loopDelayMs = ms),
  };
}

t.test("while all is well everybody is taken", async (t) => {
  const { shedder, set } = prepare();
  t.equal(shedder.refusal(), undefined);
  set({ waiting: 4_000, sendsInFlight: 4, oldestWaitMs: 1_500, confirmed: 100_000 });
  t.equal(shedder.refusal(), undefined, "a line that moves is no reason");
  t.equal(shedder.shed, 0);
});

t.test("each signal refuses by itself, and is named", async (t) => {
  const { shedder, set, setRoom, setLoopDelay } = prepare();
  setRoom(false);
  t.equal(shedder.refusal()?.reason, "line-full");
  setRoom(true);
  set({ oldestWaitMs: 1_501 });
  t.equal(shedder.refusal()?.reason, "line-slow");
  set({});
  setLoopDelay(2_500);
  t.equal(shedder.refusal()?.reason, "event-loop");
  setLoopDelay(0);
  set({ failingMs: 1_501, sendsInFlight: 1 });
  t.equal(shedder.refusal()?.reason, "queue-failing");
  set({});
  t.equal(shedder.refusal(), undefined, "and when it is over, everybody is taken again at once");
  t.equal(shedder.shed, 4);
});

t.test("the later the loop, the fewer are taken, but never nobody", async (t) => {
  const taken = (delayMs: number): number => {
    let person = 0;
    const { shedder, setLoopDelay } = prepare({ random: () => (person % 100) / 100 });
    setLoopDelay(delayMs);
    let count = 0;
    for (; person < 100; person += 1) count += shedder.refusal() ? 0 : 1;
    return count;
  };
  t.same([0, 1_000, 1_250, 2_000, 10_000].map(taken), [100, 100, 80, 50, 10]);
});

t.test("while the queue fails one registration at a time tries whether it is back", async (t) => {
  const { shedder, set } = prepare();
  set({ failingMs: 60_000, sendsInFlight: 0 });
  t.equal(shedder.refusal(), undefined, "this one tries");
  set({ failingMs: 60_000, sendsInFlight: 1 });
  t.equal(shedder.refusal()?.reason, "queue-failing", "the others do not wait for it");
  set({ failingMs: 1_000, sendsInFlight: 4 });
  t.equal(shedder.refusal(), undefined, "a short failure is not yet one");
});

t.test("who is refused is told to come back the later, the more are refused for each that is taken", async (t) => {
  const wait = (refusedPerSecond: number, confirmedPerSecond: number): number => {
    const { shedder, clock, set, setRoom } = prepare();
    setRoom(false);
    for (let refused = 0; refused < refusedPerSecond; refused += 1) shedder.refusal();
    clock.advance(1_000);
    set({ confirmed: confirmedPerSecond });
    return shedder.refusal()!.retryAfterSeconds;
  };
  const waits = [wait(10, 1_000), wait(5_000, 1_000), wait(20_000, 1_000), wait(5_000, 0)];
  t.same(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  t.ok(waits[0]! <= 3, `a little too much: ${waits[0]} s`);
  t.ok(waits[3]! > 20 && waits[3]! <= 60, `nothing moves: ${waits[3]} s`);
});

t.test("those who are refused together are spread over the time in which they come back", async (t) => {
  const { shedder, clock, set, setRoom } = prepare({ random: Math.random });
  setRoom(false);
  for (let refused = 0; refused < 10_000; refused += 1) shedder.refusal();
  clock.advance(1_000);
  set({ confirmed: 1_000 });
  const seconds = new Set(Array.from({ length: 500 }, () => shedder.refusal()!.retryAfterSeconds));
  t.ok(seconds.size > 10, `${seconds.size} different seconds`);
});

t.test("whatever the figures are, a refusal names a whole number of seconds from 1 to 60", async () => {
  const figure = fc.nat(10_000_000);
  fc.assert(
    fc.property(
      fc.array(fc.record({ confirmed: figure, waiting: figure, oldestWaitMs: figure, ms: fc.nat(5_000) }), {
        maxLength: 20,
      }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (course, random) => {
        const { shedder, clock, set, setRoom } = prepare({ random: () => random });
        setRoom(false);
        for (const { ms, ...figures } of course) {
          clock.advance(ms);
          set(figures);
          const { retryAfterSeconds } = shedder.refusal()!;
          if (!Number.isInteger(retryAfterSeconds) || retryAfterSeconds < 1 || retryAfterSeconds > 60) {
            throw new Error(`${retryAfterSeconds} s`);
          }
        }
      },
    ),
  );
});
