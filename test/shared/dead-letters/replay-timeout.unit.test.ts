import { t } from "../../equipment/file-test.ts";
import { createReplayTimeout } from "../../../shared/dead-letters/replay-timeout.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

/** @returns after how many seconds of silence it is over, and what it says then */
async function silence(
  wait: (second: number) => number | null,
  seconds = 10,
): Promise<{ after: number; says: string }> {
  const clock = createManualClock();
  const replayTimeout = createReplayTimeout({
    seconds,
    draining: async () => wait(clock.now() / 1_000),
    now: clock.now,
  });
  while (!(await replayTimeout.isOver())) clock.advance(1_000);
  return { after: clock.now() / 1_000, says: replayTimeout.explain() };
}

t.test("while nothing is drained, it is over when its time is, and asks for the worker", async (t) => {
  t.same(await silence(() => null), { after: 10, says: "had no outcome within 10 s. Does the worker run?" });
  const clock = createManualClock();
  const replayTimeout = createReplayTimeout({ seconds: 10, now: clock.now });
  t.notOk(await replayTimeout.isOver());
  clock.advance(10_000);
  t.ok(await replayTimeout.isOver(), "also where nothing is known of the workers");
});

t.test("while the workers drain, it waits for as long as the backlog is, and twice that at most", async (t) => {
  const { after, says } = await silence((second) => Math.max(1, 100 - second));
  t.equal(after, 190, "10 s, and twice the 90 s that were left then");
  t.match(says, /although the workers drain/);
});

t.test("it is over soon after the workers stop, or have done all that was there", async (t) => {
  t.equal((await silence((second) => (second < 50 ? 100 : null))).after, 50);
  t.equal((await silence((second) => Math.max(0, 60 - second))).after, 60);
});

t.test("whatever is heard begins it anew, and a poll that fails is no reason to wait", async (t) => {
  const clock = createManualClock();
  const replayTimeout = createReplayTimeout({
    seconds: 10,
    draining: () => Promise.reject(new Error("no answer")),
    now: clock.now,
  });
  for (let step = 0; step < 5; step += 1) {
    clock.advance(9_000);
    t.notOk(await replayTimeout.isOver());
    replayTimeout.heard();
  }
  clock.advance(10_000);
  t.ok(await replayTimeout.isOver());
});
