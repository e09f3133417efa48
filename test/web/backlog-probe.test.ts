import t from "tap";
import { createBacklogProbe } from "../../web/backlog-probe.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

function prepare() {
  const clock = createManualClock();
  const looks: PromiseWithResolvers<number>[] = [];
  let packs = 0;
  const probe = createBacklogProbe({
    countMessages() {
      const look = Promise.withResolvers<number>();
      looks.push(look);
      return look.promise;
    },
    packsSent: () => packs,
    cacheMs: 2_000,
    now: clock.now,
  });
  return {
    probe,
    clock,
    looks,
    send: (count: number) => (packs += count),
    /** Asks, lets the look that this starts come back, and moves on to the next one. */
    async look(messages: number): Promise<void> {
      probe.estimatedWaitSeconds();
      looks.at(-1)!.resolve(messages);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(2_000);
    },
  };
}

t.test("before anything is known nothing is told, and an empty queue is no wait", async (t) => {
  const { probe, look } = prepare();
  t.equal(probe.estimatedWaitSeconds(), undefined);
  await look(0);
  t.equal(probe.estimatedWaitSeconds(), 0);
});

t.test("the wait follows from two looks: what is left, at the pace at which it became less", async (t) => {
  const { probe, look } = prepare();
  await look(100);
  t.equal(probe.estimatedWaitSeconds(), undefined, "one look has no pace");
  await look(80);
  t.equal(probe.estimatedWaitSeconds(), 8, "80 left, 10 fewer each second");
});

t.test("what this instance sent meanwhile counts as drained too", async (t) => {
  const { probe, look, send } = prepare();
  await look(100);
  send(20);
  await look(100);
  t.equal(probe.estimatedWaitSeconds(), 10);
});

t.test("a queue that does not become shorter has no estimate, and a long one is told as at most an hour", async (t) => {
  const { probe, look } = prepare();
  await look(100);
  await look(150);
  t.equal(probe.estimatedWaitSeconds(), undefined);
  await look(1_000_000);
  await look(999_999);
  t.equal(probe.estimatedWaitSeconds(), 3_600);
});

t.test(
  "however many ask, and however slow the answer is, one look is under way, and at most one in its time",
  async (t) => {
    const { probe, clock, looks } = prepare();
    for (let asked = 0; asked < 50; asked += 1) probe.estimatedWaitSeconds();
    clock.advance(60_000);
    probe.estimatedWaitSeconds();
    t.equal(looks.length, 1);
    looks[0]!.resolve(5);
    await new Promise((resolve) => setImmediate(resolve));
    for (let asked = 0; asked < 50; asked += 1) probe.estimatedWaitSeconds();
    t.equal(looks.length, 2);
  },
);

t.test("a look that fails is the end of what was known, and the next one begins anew", async (t) => {
  const { probe, look, looks, clock } = prepare();
  await look(100);
  await look(80);
  t.equal(probe.estimatedWaitSeconds(), 8);
  looks.at(-1)!.reject(new Error("no answer"));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(probe.estimatedWaitSeconds(), undefined);
  clock.advance(2_000);
  await look(60);
  t.equal(probe.estimatedWaitSeconds(), undefined);
});
