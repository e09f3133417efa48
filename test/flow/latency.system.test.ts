/**
 * What the web tier adds to a bare `SendMessage`: its own work, and no timer. Both are measured in the same run, in turns,
 * against the same engine, since only their difference means something on a machine that does other things as well.
 */
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import t, { type Test } from "tap";
import { createSqsClient } from "../../shared/aws/aws-clients.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { somebody } from "../equipment/people.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { startStack } from "../equipment/running-stack.ts";

const registrationsPerSecond = 300;
const sendsPerSecond = 50;
const seconds = 3;
const rounds = 3;
const tickMs = 2;
/**
 * Far below what any gathering by time would add. Where a bare send already takes longer than this, the machine is busy with
 * other things, and waiting for its turn once more than the bare send does costs as much again.
 */
const allowedMs = 15;

t.setTimeout(240_000);

/** Both tiers, and the two ways to their queue. */
async function open(test: Test) {
  const running = await startStack({ environment: { LOG_LEVEL: "warn" } });
  const agent = new Agent({ keepAlive: true, maxSockets: 200, scheduling: "lifo" });
  const sqs = createSqsClient({ region: "eu-central-1", requestTimeoutMs: 5_000, maxAttempts: 1 });
  test.teardown(async () => {
    agent.destroy();
    sqs.destroy();
    await running.stop();
  });
  let people = 0;

  async function register(): Promise<void> {
    people += 1;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const headers = { "content-type": "application/json" };
    const outgoing = request(`${running.web}/registrations`, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 202 ? resolve() : reject(new Error(`${response.statusCode}`))));
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify({ email: `person-${people}@example.org`, name: "Somebody" }));
    return promise;
  }

  async function sendBare(): Promise<void> {
    const body = encodePack([somebody()]);
    await sqs.send(new SendMessageCommand({ QueueUrl: running.stack.environment.QUEUE_URL, MessageBody: body }));
  }
  return { register, sendBare };
}

type Ways = Awaited<ReturnType<typeof open>>;

async function timed(run: () => Promise<void>, into: number[]): Promise<void> {
  const startedAt = performance.now();
  await run();
  into.push(performance.now() - startedAt);
}

/** Starts each kind at its rate, whatever the answers do: a slow answer must not slow the questions. */
async function measure({
  register,
  sendBare,
}: Ways): Promise<{ readonly registered: number[]; readonly bare: number[] }> {
  const registered: number[] = [];
  const bare: number[] = [];
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now();
  let started = { registrations: 0, sends: 0 };
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - startedAt) / 1_000) {
    const due = { registrations: elapsed * registrationsPerSecond, sends: elapsed * sendsPerSecond };
    for (; started.registrations < due.registrations; started.registrations += 1) {
      underWay.push(timed(register, registered));
    }
    for (; started.sends < due.sends; started.sends += 1) underWay.push(timed(sendBare, bare));
    await delay(tickMs);
  }
  await Promise.all(underWay);
  return { registered, bare };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

t.test(
  `at ${registrationsPerSecond}/s a registration takes about as long as a bare SendMessage: there is no timer`,
  // Only a machine that does nothing else can tell milliseconds.
  { skip: skipUnlessLong },
  async (t) => {
    const ways = await open(t);
    await Promise.all([ways.register(), ways.sendBare()]);
    let noTimer = false;
    for (let round = 0; round < rounds; round += 1) {
      const { registered, bare } = await measure(ways);
      const [post, send] = [percentile(registered, 0.5), percentile(bare, 0.5)];
      t.comment(
        `p50 of ${registered.length} registrations ${post.toFixed(1)} ms (p99 ${percentile(registered, 0.99).toFixed(1)}), ` +
          `of ${bare.length} bare sends ${send.toFixed(1)} ms: added ${(post - send).toFixed(1)} ms`,
      );
      noTimer ||= post - send < Math.max(allowedMs, send);
      if (noTimer) break;
    }
    t.ok(
      noTimer,
      `one round of ${rounds} added less than ${allowedMs} ms, or less than a bare send takes on this machine now`,
    );
  },
);
