import t from "tap";
import { createReadiness } from "../../web/readiness.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

function prepare() {
  const clock = createManualClock();
  const looks: PromiseWithResolvers<void>[] = [];
  const readiness = createReadiness({
    probe() {
      const look = Promise.withResolvers<void>();
      looks.push(look);
      return look.promise;
    },
    cacheMs: 2_000,
    now: clock.now,
  });
  return { readiness, clock, looks };
}

t.test("the first question is answered by a look at the queue, not by a guess", async (t) => {
  const { readiness, looks } = prepare();
  const answer = readiness.check();
  looks[0]!.resolve();
  t.equal(await answer, true);
});

t.test("many questions at once cost one look, and so do those that come soon after", async (t) => {
  const { readiness, clock, looks } = prepare();
  const answers = [readiness.check(), readiness.check()];
  looks[0]!.resolve();
  t.same(await Promise.all(answers), [true, true]);
  clock.advance(1_999);
  t.equal(await readiness.check(), true);
  t.equal(looks.length, 1);
});

t.test("an answer is looked up anew when it is too old, in both directions", async (t) => {
  const { readiness, clock, looks } = prepare();
  const first = readiness.check();
  looks[0]!.reject(new Error("no route to the queue"));
  t.equal(await first, false, "a failed look is an answer, not an error");
  t.equal(await readiness.check(), false);
  clock.advance(2_000);
  const second = readiness.check();
  looks[1]!.resolve();
  t.equal(await second, true);
  clock.advance(2_000);
  const third = readiness.check();
  looks[2]!.reject(new Error("gone again"));
  t.equal(await third, false);
});

t.test("a probe that throws instead of rejecting counts as a failed look", async (t) => {
  const readiness = createReadiness({
    probe() {
      throw new Error("thrown at once");
    },
    cacheMs: 1_000,
    now: () => 0,
  });
  t.equal(await readiness.check(), false);
});
