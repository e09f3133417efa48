import * as fc from "fast-check";
import assert from "node:assert/strict";
import { t } from "../equipment/file-test.ts";
import { createCircuitBreaker, type BreakerOptions } from "../../worker/circuit-breaker.ts";
import type { SystemError } from "../../shared/process/system-error.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

const systemError = (message: string): SystemError => ({
  kind: "unreachable",
  action: "dynamodb:PartiQLInsert",
  resource: "registrations",
  message,
});

function prepare(options: Partial<BreakerOptions> = {}) {
  const clock = createManualClock();
  const changes: [boolean, string][] = [];
  const breaker = createCircuitBreaker({
    now: clock.now,
    random: () => 1 - Number.EPSILON,
    minBackoffMs: 100,
    maxBackoffMs: 1_000,
    onChange: (open, { message }) => changes.push([open, message]),
    ...options,
  });
  return { breaker, clock, changes };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

t.test("closed, everybody is admitted and nobody waits", async (t) => {
  const { breaker, changes } = prepare();
  t.equal(breaker.state, "closed");
  t.ok(breaker.admit() && breaker.admit() && breaker.admit());
  t.ok(await isSettled(breaker.untilWorthTrying()));
  t.ok(await isSettled(breaker.untilClosed()));
  breaker.succeeded();
  t.same(changes, []);
});

t.test("an error opens it: nobody is admitted until the back-off is over, then exactly one", async (t) => {
  const { breaker, clock, changes } = prepare();
  breaker.failed(systemError("first"));
  t.equal(breaker.state, "open");
  t.equal(breaker.systemError?.message, "first");
  t.same(changes, [[true, "first"]]);
  clock.advance(99);
  t.equal(breaker.admit(), false);
  clock.advance(1);
  t.equal(breaker.admit(), true);
  t.equal(breaker.state, "probing");
  t.equal(breaker.admit(), false, "one probe at a time");
  t.equal(breaker.systemError?.message, "first", "the cause is still told while probing");
});

t.test("its clock of closed time stands still while it is not closed", async (t) => {
  const { breaker, clock } = prepare();
  clock.advance(10);
  t.equal(breaker.closedMs(), 10);
  breaker.failed(systemError("first"));
  clock.advance(100);
  t.equal(breaker.closedMs(), 10, "open");
  breaker.admit();
  clock.advance(1_000);
  t.equal(breaker.closedMs(), 10, "probing");
  breaker.failed(systemError("second"));
  clock.advance(1_000);
  breaker.admit();
  breaker.succeeded();
  t.equal(breaker.closedMs(), 10);
  clock.advance(5);
  t.equal(breaker.closedMs(), 15);
});

t.test("a probe that works closes it and wakes all who wait", async (t) => {
  const { breaker, clock, changes } = prepare();
  breaker.failed(systemError("first"));
  const waiting = [breaker.untilClosed(), breaker.untilWorthTrying(), breaker.untilClosed()];
  t.equal(await isSettled(Promise.race(waiting)), false);
  clock.advance(100);
  breaker.admit();
  breaker.succeeded();
  await Promise.all(waiting);
  t.equal(breaker.state, "closed");
  t.equal(breaker.systemError, undefined);
  t.same(changes, [
    [true, "first"],
    [false, "first"],
  ]);
});

t.test("a probe that fails waits for twice as long, up to the longest, and is told once", async (t) => {
  const { breaker, clock, changes } = prepare();
  const waits: number[] = [];
  breaker.failed(systemError("0"));
  for (let failures = 1; failures <= 6; failures += 1) {
    let waited = 0;
    while (!breaker.admit()) {
      clock.advance(1);
      waited += 1;
    }
    waits.push(waited);
    breaker.failed(systemError(String(failures)));
  }
  t.same(waits, [100, 200, 400, 800, 1_000, 1_000]);
  t.equal(breaker.systemError?.message, "6", "the latest error is the one to be mended");
  t.same(changes, [[true, "0"]]);
});

t.test("after a recovery the first back-off is short again", async (t) => {
  const { breaker, clock } = prepare();
  for (let failures = 0; failures < 4; failures += 1) {
    breaker.failed(systemError("x"));
    clock.advance(1_000);
    breaker.admit();
  }
  breaker.succeeded();
  breaker.failed(systemError("again"));
  clock.advance(100);
  t.equal(breaker.admit(), true);
});

t.test("calls that were under way together and fail together count as one error", async (t) => {
  const { breaker, clock } = prepare();
  for (let call = 0; call < 8; call += 1) breaker.failed(systemError("together"));
  clock.advance(100);
  t.equal(breaker.admit(), true, "eight failures did not make eight back-offs");
});

t.test("a success that was under way when it opened does not close it", async (t) => {
  const { breaker } = prepare();
  breaker.failed(systemError("x"));
  breaker.succeeded();
  t.equal(breaker.state, "open");
});

t.test("the back-off is at least half of the full one and never more, so workers do not march in step", async (t) => {
  for (const [random, expected] of [
    [0, 50],
    [0.5, 75],
    [0.999, 100],
  ] as const) {
    const { breaker, clock } = prepare({ random: () => random });
    breaker.failed(systemError("x"));
    clock.advance(expected - 1);
    t.equal(breaker.admit(), false);
    clock.advance(1);
    t.equal(breaker.admit(), true);
  }
});

t.test("who waits for a worthwhile try is woken by the back-off itself", async (t) => {
  const breaker = createCircuitBreaker({
    now: () => performance.now(),
    random: () => 0,
    minBackoffMs: 40,
    maxBackoffMs: 40,
    onChange: () => {},
  });
  breaker.failed(systemError("x"));
  const startedAt = performance.now();
  let wakings = 0;
  // A timer can fire a moment early on a busy machine; callers ask again, as here.
  while (!breaker.admit() && wakings < 10) {
    await breaker.untilWorthTrying();
    wakings += 1;
  }
  t.ok(wakings > 0 && wakings < 10, "woken, and few times at most");
  t.ok(performance.now() - startedAt >= 19, "not before the back-off was over");
  const next = breaker.untilWorthTrying();
  t.equal(await isSettled(next), false, "while another one probes there is nothing to try");
  breaker.succeeded();
  await next;
});

t.test("whoever is woken a moment too early, and asks again, is woken again", async (t) => {
  const { breaker, clock } = prepare({ minBackoffMs: 4, maxBackoffMs: 4 });
  breaker.failed(systemError("x"));
  await breaker.untilWorthTrying();
  t.equal(breaker.admit(), false, "this clock did not move, whatever the timer says");
  await breaker.untilWorthTrying();
  t.equal(breaker.admit(), false);
  clock.advance(4);
  await breaker.untilWorthTrying();
  t.equal(breaker.admit(), true);
  breaker.succeeded();
});

type Step = "admit" | "succeed" | "fail" | "wait";
const anyStep = fc.constantFrom<Step>("admit", "admit", "succeed", "fail", "wait");

t.test("whatever happens: at most one probe, changes alternate, closed means no error", async () => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 80 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (steps, random) => {
        const { breaker, clock, changes } = prepare({ random: () => random });
        for (const step of steps) {
          const before = breaker.state;
          if (step === "admit") {
            const admitted = breaker.admit();
            if (before === "probing") assert.equal(admitted, false);
            if (before === "closed") assert.equal(admitted, true);
          } else if (step === "succeed") breaker.succeeded();
          else if (step === "fail") breaker.failed(systemError("x"));
          else clock.advance(300);
          assert.equal(breaker.systemError === undefined, breaker.state === "closed");
        }
        assert.deepEqual(
          changes.map(([open]) => open),
          changes.map((_, index) => index % 2 === 0),
        );
        assert.equal(changes.length % 2 === 1, breaker.state !== "closed");
        // Ends the timer of an open circuit, so that this test's process can end.
        clock.advance(1_000);
        if (breaker.state === "closed" || breaker.admit() || breaker.state === "probing") breaker.succeeded();
        assert.equal(breaker.state, "closed");
      },
    ),
  );
});
