/** SQS stops answering, in both ways: nobody listens, or somebody listens and never answers. Nobody is told "accepted". */
import t, { type Test } from "tap";
import { acceptedOf, postRegistration, untilConfirmed } from "../equipment/attendee.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { startStack } from "../equipment/running-stack.ts";

// Whole processes on a machine that may be busy.
t.setTimeout(240_000);

const running = await startStack({
  environment: { SEND_TIMEOUT_MS: "500", RECEIVE_WAIT_SECONDS: "1", WRITE_TIMEOUT_MS: "1000" },
});
t.teardown(() => running.stop());
const { web, worker, stack } = running;

/** Two attempts of 500 ms each, the pause between them, and room for a busy machine. */
const boundMs = 8_000;

const readiness = async () => (await fetch(`${web}/ready`)).status;

async function expectRejections(t: Test): Promise<void> {
  await eventually(async () => (await readiness()) === 503, "the web tier is not ready");
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const startedAt = performance.now();
    const response = await postRegistration(web, { email: `refused-${attempt}@example.org`, name: "Refused" });
    const tookMs = performance.now() - startedAt;
    t.equal(response.status, 503);
    t.match(response.headers.get("retry-after"), /^[1-9]\d*$/);
    t.match(response.headers.get("content-type"), /^application\/problem\+json/);
    t.match(await response.json(), { code: /^TURNOUT_(ENQUEUE_FAILED|OVERLOADED)$/ });
    t.ok(tookMs < stretched(boundMs), `it took ${Math.round(tookMs)} ms`);
  }
  t.equal((await fetch(`${web}/health`)).status, 200, "the process itself is alive");
  t.equal((await fetch(`${web}/`)).status, 200, "and the page is shown");
}

async function expectRecovery(t: Test, email: string): Promise<void> {
  const accepted = await eventually(
    async () => {
      const response = await postRegistration(web, { email, name: "Back" }, { "idempotency-key": email });
      return response.status === 202 && acceptedOf(response);
    },
    "registrations are taken again",
    20_000,
  );
  await untilConfirmed(web, accepted, 30_000);
  await eventually(async () => (await readiness()) === 200, "the web tier is ready");
  await eventually(async () => (await fetch(`${worker}/health`)).status === 200, "the worker is well", 20_000);
  t.pass("both tiers came back by themselves");
}

t.test("SQS is stopped: 503 with Retry-After, never 202; back by itself when it is", async (t) => {
  await stack.process("sqs").stop();
  await expectRejections(t);
  await eventually(async () => (await fetch(`${worker}/health`)).status === 503, "the worker tells that it is ill");
  await stack.process("sqs").start();
  await expectRecovery(t, "after-stop@example.org");
});

t.test("SQS accepts and never answers: the same, within the bound of its attempts", async (t) => {
  stack.kill("sqs", "SIGSTOP");
  await expectRejections(t);
  stack.kill("sqs", "SIGCONT");
  await expectRecovery(t, "after-silence@example.org");
});

t.test("who was rejected may turn up when SQS had taken it after all, and then once; nobody else does", async (t) => {
  await eventually(async () => (await running.outstanding()) === 0, "all is drained", 30_000);
  const emails = (await running.stored()).map(({ email }) => email);
  t.equal(new Set(emails).size, emails.length);
  for (const email of ["after-stop@example.org", "after-silence@example.org"]) t.ok(emails.includes(email));
  t.same(await running.deadLetters(), []);
});
