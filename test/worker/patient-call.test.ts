import t from "tap";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import { createPatientCaller } from "../../worker/patient-call.ts";
import type { Operation } from "../../shared/system-fault.ts";
import { eventually } from "../equipment/eventually.ts";

const operation: Operation = { action: "sqs:SendMessage", resource: "queue", construct: "Roles/WorkerRole" };
const awsError = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

function prepare() {
  const breaker = createCircuitBreaker({
    now: () => performance.now(),
    random: () => 0,
    minBackoffMs: 2,
    maxBackoffMs: 4,
    onChange: () => {},
  });
  return { breaker, caller: createPatientCaller(breaker) };
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

t.test("a fault of the system is waited out, however often it comes", async (t) => {
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

t.test("the fault is told with its action while it lasts", async (t) => {
  const { caller, breaker } = prepare();
  const denied = Promise.withResolvers<void>();
  let calls = 0;
  const attempt = caller.attempt(operation, () => {
    calls += 1;
    return calls === 1 ? Promise.reject(awsError("AccessDenied", 403)) : denied.promise;
  });
  await breaker.untilWorthTrying();
  t.match(breaker.fault, { kind: "access-denied", action: "sqs:SendMessage", resource: "queue" });
  denied.resolve();
  t.equal(await attempt, true);
  t.equal(breaker.fault, undefined);
});

t.test("what AWS refuses as it stands is not tried again, and does not count as a broken system", async (t) => {
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
