import { t } from "../equipment/file-test.ts";
import { createReadiness } from "../../web/readiness.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

function prepare() {
  const clock = createManualClock();
  const probes: PromiseWithResolvers<void>[] = [];
  const readiness = createReadiness({
    probe() {
      const probe = Promise.withResolvers<void>();
      probes.push(probe);
      return probe.promise;
    },
    cacheMs: 2_000,
    now: clock.now,
  });
  return { readiness, clock, probes };
}

t.test("the first question is answered by a probe of the queue, not by a guess", async (t) => {
  const { readiness, probes } = prepare();
  const answer = readiness.check();
  probes[0]!.resolve();
  t.equal(await answer, true);
});

t.test("many questions at once cost one probe, and so do those that come soon after", async (t) => {
  const { readiness, clock, probes } = prepare();
  const answers = [readiness.check(), readiness.check()];
  probes[0]!.resolve();
  t.same(await Promise.all(answers), [true, true]);
  clock.advance(1_999);
  t.equal(await readiness.check(), true);
  t.equal(probes.length, 1);
});

t.test("an answer is probed again when it is too old, in both directions", async (t) => {
  const { readiness, clock, probes } = prepare();
  const first = readiness.check();
  probes[0]!.reject(new Error("no route to the queue"));
  t.equal(await first, false, "a failed probe is an answer, not an error");
  t.equal(await readiness.check(), false);
  clock.advance(2_000);
  const second = readiness.check();
  probes[1]!.resolve();
  t.equal(await second, true);
  clock.advance(2_000);
  const third = readiness.check();
  probes[2]!.reject(new Error("gone again"));
  t.equal(await third, false);
});

t.test("a probe that throws instead of rejecting counts as a failed probe", async (t) => {
  const readiness = createReadiness({
    probe() {
      throw new Error("thrown at once");
    },
    cacheMs: 1_000,
    now: () => 0,
  });
  t.equal(await readiness.check(), false);
});
