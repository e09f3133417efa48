import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createRegistrationClient } from "../../../load/run/registration-client.ts";
import type { LoadItem } from "../../../load/people/load-item.ts";
import { runStep, type StepOptions } from "../../../load/run/open-load.ts";
import { eventually } from "../../equipment/eventually.ts";
import { assessStep } from "../../../load/stress/verdict.ts";

async function prepare(t: Test, answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createRegistrationClient({ url, maxConnections: 200, timeoutMs: 30_000 });
  t.teardown(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  /** One every ten milliseconds. */
  return (count: number, changes: Partial<StepOptions> = {}) => {
    const moments = Array.from({ length: count }, (_, index) => index * 10);
    const items = moments.map((_, index): LoadItem => ({
      submission: { email: `${index}@example.org`, name: "A" },
      idempotencyKey: String(index),
      kind: "first registration",
    }));
    return runStep({
      client,
      moments,
      items,
      seconds: Math.ceil((count * 10) / 1_000),
      maxInFlight: 200,
      signal: new AbortController().signal,
      onSecond() {},
      ...changes,
    });
  };
}

t.test("each request is sent at its moment, and each answer is counted as what it is", async (t) => {
  const run = await prepare(t, (request, response) => {
    const kind = Number(request.headers["idempotency-key"]) % 6;
    if (kind === 5) return void request.socket.destroy();
    const [status = 202, headers = {}] = (
      [
        [202, {}],
        [503, { "retry-after": "2" }],
        [429, {}],
        [400, {}],
        [500, {}],
      ] as const
    )[kind] ?? [202, {}];
    response.writeHead(status, headers).end(status === 503 ? '{"code":"TURNOUT_OVERLOADED"}' : "{}");
  });
  const seen: number[] = [];
  const step = await run(120, { onSecond: (_, offered) => seen.push(offered) });
  t.strictSame(
    step.seconds.map(({ offered, accepted, shed, rejected, failed }) => ({
      offered,
      accepted,
      shed,
      rejected,
      failed,
    })),
    [
      { offered: 100, accepted: 17, shed: 34, rejected: 17, failed: 32 },
      { offered: 20, accepted: 3, shed: 6, rejected: 3, failed: 8 },
    ],
  );
  t.equal(step.shedWithoutRetryAfter, 20, "the 429s");
  t.match(step.otherAnswers, {
    "503 TURNOUT_OVERLOADED": 20,
    "429": 20,
    "400": 20,
    "500": 20,
    "no answer ECONNRESET": 20,
  });
  t.equal(step.attempts.length, 120);
  t.equal(step.latencies.count, 20);
  t.equal(step.unsent, 0);
  t.equal(seen.length, 2);
  t.equal(seen.at(-1), 120);
  t.match(
    step.attempts.find(({ item }) => item.idempotencyKey === "5"),
    { outcome: "unknown", reply: { status: null } },
  );
});

t.test("a service that stalls gets no fewer requests, and the whole stall counts as latency", async (t) => {
  const held: (() => void)[] = [];
  let holding = true;
  // Nobody is answered until sixty have come: a generator that waited for an answer would never send so many.
  const run = await prepare(t, (_, response) => {
    const answer = () => void response.writeHead(202).end();
    if (!holding) return answer();
    held.push(answer);
    if (held.length < 60) return;
    holding = false;
    for (const each of held) each();
  });
  const step = await run(100);
  t.equal(step.latencies.count, 100);
  // One connection that waits for its answer would have seen one long wait in a hundred.
  t.ok((step.latencies.quantile(0.45) ?? 0) > 30, "more than half waited");
  t.ok((step.latencies.quantile(1) ?? 0) >= 590);
});

t.test("a request for which no connection is left is counted", async (t) => {
  const run = await prepare(t, (_, response) => setTimeout(() => response.writeHead(202).end(), 500));
  const step = await run(30, { maxInFlight: 10 });
  t.equal(step.unsent, 20);
  t.equal(step.attempts.length, 10);
  t.equal(step.seconds[0]?.offered, 30);
});

t.test("a blocked generator is recognised, although the service answers at once", async (t) => {
  const run = await prepare(t, (_, response) => void response.writeHead(202).end());
  const timer = setInterval(() => {
    for (const until = performance.now() + 150; performance.now() < until;);
  }, 10);
  const blocked = await run(20);
  clearInterval(timer);
  const lagP99Ms = blocked.lags.quantile(0.99) ?? 0;
  const figures = { offered: 20, accepted: 20, shed: 0, refused: 0, failed: 0, unsent: 0, acceptP99Ms: 2_000 };
  t.match(assessStep({ ...figures, lagP99Ms, utilization: blocked.utilization }), {
    limit: "generator",
    because: [/late/],
  });
  const median = 0.5;
  const blockedMs = blocked.lags.quantile(median) ?? 0;
  // Tried again where a busy machine delays it too.
  await eventually(
    async () => ((await run(20)).lags.quantile(median) ?? Infinity) < blockedMs,
    "control: unblocked, sooner",
  );
});

t.test("stopped, it sends nothing more, waits for what is on its way and tells how long it sent", async (t) => {
  const run = await prepare(t, (_, response) => setTimeout(() => response.writeHead(202).end(), 100));
  const stop = new AbortController();
  let answered = 0;
  const step = await run(300, {
    signal: stop.signal,
    onAttempt() {
      answered += 1;
      if (answered === 10) stop.abort();
    },
  });
  t.ok(step.attempts.length >= 10 && step.attempts.length < 100, `${step.attempts.length} attempts`);
  t.equal(step.latencies.count, step.attempts.length);
  t.ok(step.elapsedSeconds > 0.1 && step.elapsedSeconds < 1, `${step.elapsedSeconds} s`);
  t.equal(step.seconds.length, 1);
});
