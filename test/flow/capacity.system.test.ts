/**
 * The simulator against reality: a spike on the real tiers, with workers that can write only at a known pace, and the same
 * spike in `turnout plan`'s simulation. Depth and drain time have to agree within 15 %.
 */
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { simulate } from "../../admin/plan/simulation.ts";
import { createLocalStack } from "../../local/stack.ts";
import { startAwsProxy } from "../equipment/aws-proxy.ts";

t.setTimeout(150_000);

const tolerance = 0.15;
/** Each table call takes this much longer, and the worker makes one at a time: 25 registrations in a bit more than it. */
const writeDelayMs = 200;
const spikePerSecond = 250;
const spikeSeconds = 6;
const drainedWithinMs = 60_000;

const engines = createLocalStack({ tiers: [], periodicTasks: false });
t.teardown(() => engines.stop());
const { sqs, dynamodb } = await engines.start();
const table = await startAwsProxy(dynamodb!);
t.teardown(() => table.close());
table.intervene(async ({ operation }) => {
  if (operation === "BatchExecuteStatement") await delay(writeDelayMs);
  return undefined;
});
const stack = createLocalStack({
  periodicTasks: false,
  environment: {
    AWS_ENDPOINT_URL_SQS: sqs!,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    WRITES_IN_FLIGHT: "1",
    VISIBILITY_TIMEOUT_SECONDS: "60",
    // A write that took too long would be counted twice, or not at all.
    WRITE_TIMEOUT_MS: "10000",
    // Nobody is shed: the machine that tests run on is not what is looked at here.
    SHED_WAIT_MS: "30000",
    MAX_WAIT_MS: "30000",
    MAX_EVENT_LOOP_DELAY_MS: "10000",
  },
});
t.teardown(() => stack.stop());
const { web, worker } = await stack.start();

async function counter(tier: string, name: string): Promise<number> {
  const text = await (await fetch(`${tier}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}{`));
  return Number(line?.split(" ").at(-1) ?? 0);
}

const accepted = () => counter(web!, "turnout_registrations_accepted_total");
const stored = () => counter(worker!, "turnout_registrations_stored_total");

let made = 0;

async function register(): Promise<void> {
  made += 1;
  const response = await fetch(`${web}/registrations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: `plan-${made}@example.org`, name: "Plan" }),
  });
  await response.body?.cancel();
  if (response.status !== 202) throw new Error(`status ${response.status}`);
}

/**
 * Sends on a schedule, whatever the answers do: people do not wait for each other.
 * @returns how many were accepted in each second since the start: a busy machine sends late, and the simulation must know
 */
async function send(perSecond: number, seconds: number): Promise<number[]> {
  const startedAt = performance.now();
  const arrivals: number[] = [];
  const sent: Promise<void>[] = [];
  for (let person = 0; person < perSecond * seconds; person += 1) {
    const due = startedAt + (person / perSecond) * 1_000;
    if (due > performance.now()) await delay(due - performance.now());
    sent.push(
      register().then(() => {
        const second = Math.floor((performance.now() - startedAt) / 1_000);
        arrivals[second] = (arrivals[second] ?? 0) + 1;
      }),
    );
  }
  await Promise.all(sent);
  return Array.from(arrivals, (count) => count ?? 0);
}

interface Seen {
  readonly second: number;
  readonly depth: number;
  readonly stored: number;
}

/** @returns how many people waited to be stored, several times a second, until nobody did */
async function watchDrain(people: number): Promise<Seen[]> {
  const startedAt = performance.now();
  const before = { accepted: await accepted(), stored: await stored() };
  const seen: Seen[] = [];
  for (;;) {
    const [acceptedNow, storedNow] = await Promise.all([accepted(), stored()]);
    const depth = acceptedNow - before.accepted - (storedNow - before.stored);
    seen.push({ second: (performance.now() - startedAt) / 1_000, depth, stored: storedNow - before.stored });
    if (storedNow - before.stored >= people) return seen;
    if (performance.now() - startedAt > drainedWithinMs) throw new Error(`${depth} of ${people} still wait`);
    await delay(200);
  }
}

t.test("a spike on the real tiers has the depth and the drain time that the simulation says", async (t) => {
  const people = spikePerSecond * spikeSeconds;
  const [measured, arrivals] = await Promise.all([watchDrain(people), send(spikePerSecond, spikeSeconds)]);
  // The pace of one worker here and now: while it had a line before it all the time.
  const busy = measured.filter((seen) => seen.stored > people * 0.1 && seen.stored < people * 0.6);
  const [first, last] = [busy[0]!, busy.at(-1)!];
  const pace = (last.stored - first.stored) / (last.second - first.second);
  t.ok(pace > 20 && pace < 25 / (writeDelayMs / 1_000), `one worker stores ${Math.round(pace)} each second`);

  const simulated = simulate({
    arrivals: Float64Array.from(arrivals),
    web: { startInstances: 1, minInstances: 1, maxInstances: 1, registrationsPerSecond: 10_000 },
    worker: { startInstances: 1, minInstances: 1, maxInstances: 1, registrationsPerSecond: pace },
    warmWritesPerSecond: 1_000_000,
    instanceReadySeconds: 300,
    registrationsPerMessage: 250,
  });

  const peak = Math.max(...measured.map(({ depth }) => depth));
  const drained = measured.at(-1)!.second;
  t.comment("second: measured depth, simulated depth");
  for (const second of [2, 4, 6, 8, 10, 12]) {
    const nearest = measured.findLast((seen) => seen.second <= second + 1)?.depth;
    t.comment(`${second}: ${nearest}, ${Math.round(simulated.series.depth[second] ?? 0)}`);
  }
  t.comment(`peak depth: ${peak} measured, ${Math.round(simulated.peakDepth)} simulated`);
  t.comment(`drained after: ${drained.toFixed(1)} s measured, ${simulated.drainedAtSeconds} s simulated`);
  const off = (real: number, said: number) => Math.abs(real - said) / real;
  t.ok(off(peak, simulated.peakDepth) < tolerance, "depth");
  t.ok(off(drained, simulated.drainedAtSeconds!) < tolerance, "drain time");
  t.ok(off(peak, simulated.peakDepth * 1.5) > tolerance, "a simulation that is half off would be found out");
});
