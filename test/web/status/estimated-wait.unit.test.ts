import { t } from "../../equipment/file-test.ts";
import { estimateBacklog, type Backlog } from "../../../shared/activity/estimate.ts";
import { createEstimatedWait } from "../../../web/status/estimated-wait.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

function prepare() {
  const clock = createManualClock();
  const polls: PromiseWithResolvers<number>[] = [];
  let answer: Partial<Backlog> = {};
  const wait = createEstimatedWait({
    countMessages() {
      const poll = Promise.withResolvers<number>();
      polls.push(poll);
      return poll.promise;
    },
    estimate: async (messages) => ({ ...estimateBacklog(messages, [], 0), ...answer }),
    cacheMs: 2_000,
    now: clock.now,
  });
  return {
    wait,
    clock,
    polls,
    /** Asks, lets the poll that this starts come back, and moves on to the next one. */
    async poll(messages: number, backlog: Partial<Backlog> = {}): Promise<void> {
      answer = backlog;
      wait.estimatedWaitSeconds();
      polls.at(-1)!.resolve(messages);
      await settle();
      clock.advance(2_000);
    },
  };
}

t.test(
  "before anything is known nothing is told, an empty queue is no wait, a long one is told as it is",
  async (t) => {
    const { wait, poll } = prepare();
    t.equal(wait.estimatedWaitSeconds(), undefined);
    await poll(0);
    t.equal(wait.estimatedWaitSeconds(), 0);
    await poll(100, { etaSeconds: 9_000 });
    t.equal(wait.estimatedWaitSeconds(), 9_000);
  },
);

t.test("while nothing is drained the wait is unknown", async (t) => {
  const { wait, poll } = prepare();
  await poll(100, { etaSeconds: 8 });
  t.equal(wait.estimatedWaitSeconds(), 8);
  await poll(100, { etaSeconds: null });
  t.equal(wait.estimatedWaitSeconds(), undefined);
});

t.test(
  "however many ask, and however slow the answer is, one poll is under way, and at most one in its time",
  async (t) => {
    const { wait, clock, polls } = prepare();
    for (let asked = 0; asked < 50; asked += 1) wait.estimatedWaitSeconds();
    clock.advance(60_000);
    wait.estimatedWaitSeconds();
    t.equal(polls.length, 1);
    polls[0]!.resolve(5);
    await settle();
    for (let asked = 0; asked < 50; asked += 1) wait.estimatedWaitSeconds();
    t.equal(polls.length, 2);
  },
);

t.test("a poll that fails is the end of what was known", async (t) => {
  const { wait, poll, polls } = prepare();
  await poll(100, { etaSeconds: 8 });
  t.equal(wait.estimatedWaitSeconds(), 8);
  polls.at(-1)!.reject(new Error("no answer"));
  await settle();
  t.equal(wait.estimatedWaitSeconds(), undefined);
});
