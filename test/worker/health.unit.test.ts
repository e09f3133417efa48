import { t } from "../equipment/file-test.ts";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import { createHealth } from "../../worker/health.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

function prepare() {
  const clock = createManualClock();
  const breaker = () =>
    createCircuitBreaker({ now: clock.now, random: () => 0, minBackoffMs: 1, maxBackoffMs: 1, onChange: () => {} });
  const breakers = { queue: breaker(), table: breaker() };
  let silentMs = 0;
  return {
    breakers,
    clock,
    beSilentFor: (ms: number) => (silentMs = ms),
    health: createHealth({ breakers, sinceLastReceiveMs: () => silentMs, watchdogMs: 60_000 }),
  };
}

const systemError = (message: string) => ({ kind: "access-denied", action: "a", resource: "r", message }) as const;

t.test("a worker that receives and meets no error is well", async (t) => {
  t.same(prepare().health(), { status: "ok", causes: [] });
});

t.test("each dependency that is broken is named with its cause, also while it is probed", async (t) => {
  const { health, breakers, clock } = prepare();
  breakers.table.failed(systemError("allow dynamodb:PartiQLInsert"));
  breakers.queue.failed(systemError("allow sqs:ReceiveMessage"));
  const expected = {
    status: "unhealthy",
    causes: ["queue: allow sqs:ReceiveMessage", "table: allow dynamodb:PartiQLInsert"],
  };
  t.same(health(), expected);
  clock.advance(1);
  breakers.table.admit();
  t.same(health(), expected, "a probe is not yet a recovery");
  breakers.table.succeeded();
  t.same(health().causes, ["queue: allow sqs:ReceiveMessage"]);
  breakers.queue.admit();
  breakers.queue.succeeded();
  t.equal(health().status, "ok");
});

t.test("polling that stopped silently is found by the watchdog, after its time and not before", async (t) => {
  const { health, beSilentFor } = prepare();
  beSilentFor(60_000);
  t.equal(health().status, "ok");
  beSilentFor(61_000);
  t.match(health(), { status: "unhealthy", causes: [/nothing was received for 61 s/] });
});

t.test("silence that a known error explains is not told twice", async (t) => {
  const { health, breakers, beSilentFor, clock } = prepare();
  breakers.table.failed(systemError("cause"));
  beSilentFor(600_000);
  t.same(health().causes, ["table: cause"]);
  clock.advance(1);
  breakers.table.admit();
  breakers.table.succeeded();
});

t.test("trouble with mails is told apart, and is no reason to replace the instance", async (t) => {
  const { breakers } = prepare();
  let causes = ["mail sends: paused"];
  const health = createHealth({ breakers, sinceLastReceiveMs: () => 0, watchdogMs: 60_000, mailCauses: () => causes });
  t.same(health(), { status: "ok", causes: [], mail: { status: "paused", causes } });
  causes = [];
  t.same(health(), { status: "ok", causes: [], mail: { status: "ok", causes: [] } });
});
