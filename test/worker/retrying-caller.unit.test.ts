import { t } from "../equipment/file-test.ts";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import { createRetryingCaller, type RetryingCallerOptions } from "../../worker/retrying-caller.ts";
import type { Operation } from "../../shared/process/system-error.ts";
import { eventually } from "../equipment/eventually.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

const operation: Operation = { action: "sqs:SendMessage", resource: "queue", construct: "Roles/WorkerRole" };
const awsError = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

function prepare(options: RetryingCallerOptions = {}) {
  const breaker = createCircuitBreaker({
    now: () => performance.now(),
    random: () => 0,
    minBackoffMs: 2,
    maxBackoffMs: 4,
    onChange: () => {},
  });
  return { breaker, caller: createRetryingCaller(breaker, options) };
}

/** A call that fails as often as errors are given, and then works. */
function failing(...errors: Error[]) {
  let calls = 0;
  return {
    calls: () => calls,
    async call() {
      const error = errors[calls];
      calls += 1;
      if (error) throw error;
    },
  };
}

t.test("a call that works is made once", async (t) => {
  const { caller } = prepare();
  const { call, calls } = failing();
  t.equal(await caller.attempt(operation, call), true);
  t.equal(calls(), 1);
});

t.test("a system error is waited out, however often it comes", async (t) => {
  const { caller, breaker } = prepare();
  const { call, calls } = failing(
    awsError("AccessDenied", 403),
    awsError("QueueDoesNotExist"),
    awsError("ThrottlingException"),
    new Error("connect ECONNREFUSED"),
    awsError("InternalFailure", 500),
  );
  t.equal(await caller.attempt(operation, call), true);
  t.equal(calls(), 6);
  t.equal(breaker.state, "closed");
});

t.test("the error is told with its action while it lasts", async (t) => {
  const { caller, breaker } = prepare();
  const denied = Promise.withResolvers<void>();
  let calls = 0;
  const attempt = caller.attempt(operation, () => {
    calls += 1;
    return calls === 1 ? Promise.reject(awsError("AccessDenied", 403)) : denied.promise;
  });
  await breaker.untilWorthTrying();
  t.match(breaker.systemError, { kind: "access-denied", action: "sqs:SendMessage", resource: "queue" });
  denied.resolve();
  t.equal(await attempt, true);
  t.equal(breaker.systemError, undefined);
});

t.test("under load a throttled call is repeated and opens no breaker, until throttling is all there is", async (t) => {
  const throttled = awsError("ThrottlingException");
  const enduring = prepare({ throttlingJitter: () => 0, standstillTimeoutMs: 3_600_000 });
  const some = failing(throttled, throttled, throttled);
  t.equal(await enduring.caller.attempt(operation, some.call), true);
  t.equal(some.calls(), 4);
  t.equal(enduring.breaker.state, "closed");

  const clock = createManualClock();
  const short = prepare({ throttlingJitter: () => 0, standstillTimeoutMs: 1_000, now: clock.now });
  let opened = false;
  const { call } = failing(throttled, throttled);
  const attempt = short.caller.attempt(operation, async () => {
    opened ||= short.breaker.state !== "closed";
    clock.advance(2_000);
    await call();
  });
  t.equal(await attempt, true);
  t.ok(opened, "so that the worker stops receiving what it could not finish");
});

t.test("what AWS rejects as it stands is not tried again, and does not count as a broken system", async (t) => {
  const { caller, breaker } = prepare();
  const { call, calls } = failing(awsError("InvalidMessageContents"));
  t.equal(await caller.attempt(operation, call), false);
  t.equal(calls(), 1);
  t.equal(breaker.state, "closed");
});

t.test("while the system is broken only one of many tries, and then all go on", async (t) => {
  const { caller, breaker } = prepare();
  let broken = true;
  let underWay = 0;
  let most = 0;
  let triesWhileOpen = 0;
  async function call(): Promise<void> {
    underWay += 1;
    if (breaker.state === "probing") {
      most = Math.max(most, underWay);
      triesWhileOpen += 1;
      if (triesWhileOpen === 3) broken = false;
    }
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    if (broken) throw awsError("AccessDenied", 403);
  }
  await caller.attempt(operation, () => Promise.resolve());
  breaker.failed({ kind: "access-denied", action: "a", resource: "r", message: "m" });
  const done = await Promise.all(Array.from({ length: 20 }, () => caller.attempt(operation, call)));
  t.ok(done.every(Boolean));
  t.equal(most, 1);
  t.equal(triesWhileOpen, 3);
});

t.test("closing lets go of everybody who waits, and gives whoever comes later one try", async (t) => {
  const { caller, breaker } = prepare();
  breaker.failed({ kind: "unreachable", action: "a", resource: "r", message: "m" });
  const denied = () => Promise.reject(awsError("AccessDenied", 403));
  const waiting = [caller.attempt(operation, denied), caller.attempt(operation, denied)];
  caller.close();
  caller.close();
  t.same(await Promise.all(waiting), [false, false]);
  t.equal(await caller.attempt(operation, denied), false);
  const { call, calls } = failing();
  await eventually(() => caller.attempt(operation, call), "the back-off is over, and the try succeeds");
  t.equal(calls(), 1);
});

/** Calls that are under way until the test ends them. */
function held() {
  const open: (() => void)[] = [];
  let most = 0;
  let made = 0;
  return {
    open,
    most: () => most,
    made: () => made,
    call() {
      made += 1;
      const { promise, resolve } = Promise.withResolvers<void>();
      open.push(resolve);
      most = Math.max(most, open.length);
      return promise;
    },
    endOne: () => open.shift()?.(),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test("however many ask, only so many calls are under way, in the order in which they came", async (t) => {
  const { caller } = prepare({ width: 32 });
  const { call, endOne, most, open } = held();
  const order: number[] = [];
  const all = Array.from({ length: 1_000 }, (_, number) =>
    caller.attempt(operation, () => {
      order.push(number);
      return call();
    }),
  );
  await turn();
  t.equal(open.length, 32);
  while (order.length < 1_000 || open.length > 0) {
    endOne();
    await turn();
  }
  t.ok((await Promise.all(all)).every(Boolean));
  t.equal(most(), 32);
  t.same(
    order,
    [...order].toSorted((a, b) => a - b),
  );
});

t.test("control: without a width all would be under way at once", async (t) => {
  const { caller } = prepare();
  const { call, endOne, most } = held();
  const all = Array.from({ length: 100 }, () => caller.attempt(operation, call));
  await turn();
  t.equal(most(), 100);
  for (let left = 0; left < 100; left += 1) endOne();
  await Promise.all(all);
});

t.test("whose turn comes after the deadline is not called any more, and holds up nobody", async (t) => {
  const clock = createManualClock();
  const breaker = createCircuitBreaker({
    now: clock.now,
    random: () => 0,
    minBackoffMs: 2,
    maxBackoffMs: 4,
    onChange: () => {},
  });
  const caller = createRetryingCaller(breaker, { width: 1, now: clock.now });
  const { call, endOne, made } = held();
  const deadline = clock.now() + 1_000;
  const first = caller.attempt(operation, call, deadline);
  const late = Array.from({ length: 5_000 }, () => caller.attempt(operation, call, deadline));
  const later = caller.attempt(operation, call);
  await turn();
  clock.advance(1_000);
  endOne();
  t.equal(await first, true, "what was begun in time is finished");
  t.ok((await Promise.all(late)).every((done) => !done));
  await eventually(() => made() === 2, "the later one is called");
  endOne();
  t.equal(await later, true);
});

t.test("while a system error lasts, the time of those who wait does not count", async (t) => {
  const clock = createManualClock();
  const breaker = createCircuitBreaker({
    now: clock.now,
    random: () => 0,
    minBackoffMs: 2,
    maxBackoffMs: 4,
    onChange: () => {},
  });
  const caller = createRetryingCaller(breaker, { width: 1, now: clock.now });
  const deadline = clock.now() + 1_000;
  const { call, calls } = failing(awsError("AccessDenied", 403));
  const both = [caller.attempt(operation, call, deadline), caller.attempt(operation, call, deadline)];
  await eventually(() => breaker.state === "open", "it is open");
  clock.advance(3_600_000);
  t.same(await Promise.all(both), [true, true]);
  t.equal(calls(), 3);
});

t.test("closing lets go of those who wait for their turn", async (t) => {
  const { caller } = prepare({ width: 1 });
  const { call, endOne, made } = held();
  const [first, second] = [caller.attempt(operation, call), caller.attempt(operation, call)];
  await turn();
  caller.close();
  t.equal(await second, false);
  endOne();
  t.equal(await first, true, "what is under way is finished");
  t.equal(made(), 1);
});
