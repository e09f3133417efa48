import { t } from "../../equipment/file-test.ts";
import { createFailureStreak } from "../../../web/queue/failure-streak.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

function prepare() {
  const clock = createManualClock();
  const streak = createFailureStreak(clock.now);
  return {
    streak,
    clock,
    fail(tookMs = 0) {
      streak.begin();
      clock.advance(tookMs);
      streak.failed();
    },
  };
}

t.test("without a failure there is no streak, however long nothing succeeds", async (t) => {
  const { streak, clock } = prepare();
  t.equal(streak.failingMs(), 0);
  streak.begin();
  clock.advance(10_000);
  t.equal(streak.failingMs(), 0);
  t.equal(streak.latestTryMs(), 10_000);
});

t.test("tries that fail one after the other are a streak from the first failure on", async (t) => {
  const { streak, clock, fail } = prepare();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    fail(5);
    clock.advance(95);
  }
  t.equal(streak.failingMs(), 1_900, "and what came after the last one does not count");
});

t.test("a try that hangs after a failure goes on with the streak", async (t) => {
  const { streak, clock, fail } = prepare();
  fail(2_000);
  t.equal(streak.failingMs(), 0, "one failure alone is no streak");
  streak.begin();
  clock.advance(1_600);
  t.equal(streak.failingMs(), 1_600);
});

t.test("time without any try proves nothing, and a second of it makes the failures before it forgotten", async (t) => {
  const { streak, clock, fail } = prepare();
  fail(0);
  clock.advance(700);
  fail(0);
  t.equal(streak.failingMs(), 700);
  clock.advance(1_000);
  t.equal(streak.failingMs(), 700);
  clock.advance(1);
  t.equal(streak.failingMs(), 0);
  streak.begin();
  clock.advance(50);
  t.equal(streak.failingMs(), 0, "a new try starts anew");
  streak.failed();
  t.equal(streak.failingMs(), 0);
});

t.test("a try that is under way keeps the streak, whatever other tries do not", async (t) => {
  const { streak, clock, fail } = prepare();
  fail(0);
  streak.begin();
  clock.advance(5_000);
  fail(0);
  t.equal(streak.failingMs(), 5_000);
  t.equal(streak.underWay, 1);
});

t.test("one success ends it", async (t) => {
  const { streak, clock, fail } = prepare();
  fail(0);
  streak.begin();
  streak.begin();
  clock.advance(3_000);
  streak.succeeded();
  t.equal(streak.failingMs(), 0);
  streak.failed();
  t.equal(streak.failingMs(), 0, "and what fails after it starts a new one");
  t.equal(streak.underWay, 0);
  t.equal(streak.latestTryMs(), 0);
});
