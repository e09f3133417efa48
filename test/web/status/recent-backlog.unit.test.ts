import { t } from "../../equipment/file-test.ts";
import { estimateBacklog, type Backlog } from "../../../shared/activity/estimate.ts";
import { createRecentBacklog } from "../../../web/status/recent-backlog.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

const epoch = Date.parse("2026-03-01T10:00:00Z");

function prepare() {
  const clock = createManualClock();
  const polls: PromiseWithResolvers<number>[] = [];
  let answer: Partial<Backlog> = {};
  const wait = createRecentBacklog({
    countMessages() {
      const poll = Promise.withResolvers<number>();
      polls.push(poll);
      return poll.promise;
    },
    estimate: async (messages) => ({ ...estimateBacklog(messages, [], 0), ...answer }),
    cacheMs: 2_000,
    patienceMs: 20,
    now: clock.now,
    wallClock: () => epoch + clock.now(),
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

t.test("a reader gets what was polled lately, with its time, and waits for a poll when the last is old", async (t) => {
  const { wait, clock, polls } = prepare();
  const first = wait.read();
  clock.advance(300);
  polls[0]!.resolve(7);
  t.match(await first, { people: 7, readAt: epoch });
  clock.advance(4_000);
  t.match(await wait.read(), { people: 7, readAt: epoch }, "it is recent, and the next poll has begun");
  t.equal(polls.length, 2);
  clock.advance(4_000);
  const later = wait.read();
  polls[1]!.resolve(9);
  t.match(await later, { people: 9 }, "the old value is not given any more");
});

t.test("a reader waits only for a moment, and then nothing is known", async (t) => {
  const { wait, clock, polls } = prepare();
  t.equal(await wait.read(), undefined);
  t.equal(polls.length, 1);
  polls[0]!.reject(new Error("no answer"));
  await settle();
  t.equal(await wait.read(), undefined, "after an error at once");
  clock.advance(2_000);
  t.equal(await wait.read(), undefined, "control: while the next poll is under way");
  polls[1]!.resolve(3);
  await settle();
  t.match(await wait.read(), { people: 3 });
});

t.test("a thousand readers cost one poll", async (t) => {
  const { wait, polls } = prepare();
  const readers = Array.from({ length: 1_000 }, () => wait.read());
  t.equal(polls.length, 1);
  polls[0]!.resolve(5);
  for (const reading of await Promise.all(readers)) t.match(reading, { people: 5 });
});
