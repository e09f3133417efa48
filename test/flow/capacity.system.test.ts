/**
 * The simulator against reality: a spike on the real tiers, with workers that can write only at a known pace, and the same
 * spike in `turnout plan`'s simulation. Depth and drain time have to agree within 15 %.
 */
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { simulate } from "../../load/plan/simulation.ts";
import { createLocalStack } from "../../local/stack.ts";
import { startAwsProxy } from "../equipment/aws-proxy.ts";
import { readMetric } from "../equipment/metrics.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";

t.setTimeout(170_000);

const tolerance = 0.15;
/** Each table call takes this much longer, and the worker makes one at a time: 25 registrations in a bit more than it. */
const writeDelayMs = 400;
/** Each send as well, and the web tier makes one at a time: some dozens of people in a message, as in any rush. */
const sendDelayMs = 200;
const spikePerSecond = 150;
const spikeSeconds = 6;
/** Spikes that may be spoilt by whatever else the machine does, so that the workers' pace was not one pace. */
const maxSpikes = 3;
const steady = 0.1;
/** Before the spike, so that it meets tiers that have run: their first calls are slow, and the simulation knows none such. */
const warmUpSeconds = 2;
const warmUpPerSecond = 50;
const drainedWithinMs = 60_000;
const people = spikePerSecond * spikeSeconds;

let web: string | undefined;
let worker: string | undefined;

/** The tiers, and engines that take their time. */
async function start(test: Test): Promise<void> {
  const engines = createLocalStack({ tiers: [], periodicTasks: false });
  test.teardown(() => engines.stop());
  const { sqs, dynamodb } = await engines.start();
  const table = await startAwsProxy(dynamodb!);
  test.teardown(() => table.close());
  table.intervene(async ({ operation }) => {
    if (operation === "BatchExecuteStatement") await delay(writeDelayMs);
    return undefined;
  });
  const queue = await startAwsProxy(sqs!);
  test.teardown(() => queue.close());
  queue.intervene(async ({ operation }) => {
    if (operation === "SendMessage") await delay(sendDelayMs);
    return undefined;
  });
  const stack = createLocalStack({
    periodicTasks: false,
    environment: {
      AWS_ENDPOINT_URL_SQS: queue.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      SENDS_IN_FLIGHT: "1",
      WRITES_IN_FLIGHT: "1",
      VISIBILITY_TIMEOUT_SECONDS: "60",
      // A write that took too long would be counted twice, or not at all.
      WRITE_TIMEOUT_MS: "10000",
      // Nobody is shed: the machine that tests run on is not what is measured here.
      SHED_WAIT_MS: "30000",
      MAX_WAIT_MS: "30000",
      MAX_EVENT_LOOP_DELAY_MS: "10000",
    },
  });
  test.teardown(() => stack.stop());
  ({ web, worker } = await stack.start());
}

const accepted = () => readMetric(web!, "turnout_registrations_accepted_total");
const stored = () => readMetric(worker!, "turnout_registrations_stored_total");

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

/** Sends on a schedule, whatever the answers do: people do not wait for each other. */
async function send(perSecond: number, seconds: number): Promise<void> {
  const startedAt = performance.now();
  const sent: Promise<void>[] = [];
  for (let person = 0; person < perSecond * seconds; person += 1) {
    const due = startedAt + (person / perSecond) * 1_000;
    if (due > performance.now()) await delay(due - performance.now());
    sent.push(register());
  }
  await Promise.all(sent);
}

interface Seen {
  readonly second: number;
  readonly accepted: number;
  readonly depth: number;
  readonly stored: number;
}

/** @returns how many people waited to be stored, several times a second, until nobody did */
async function watchDrain(expected: number): Promise<Seen[]> {
  const startedAt = performance.now();
  const before = { accepted: await accepted(), stored: await stored() };
  const seen: Seen[] = [];
  for (;;) {
    const [acceptedNow, storedNow] = await Promise.all([accepted(), stored()]);
    const second = (performance.now() - startedAt) / 1_000;
    const since = { accepted: acceptedNow - before.accepted, stored: storedNow - before.stored };
    const depth = since.accepted - since.stored;
    seen.push({ second, depth, ...since });
    if (since.stored >= expected) return seen;
    if (performance.now() - startedAt > drainedWithinMs) throw new Error(`${depth} of ${expected} still wait`);
    await delay(200);
  }
}

/** @returns how many were accepted in each second: a busy machine sends and accepts late, and the simulation must know */
function arrivalsOf(seen: readonly Seen[]): Float64Array {
  const acceptedBy = (second: number) => {
    const after = seen.findIndex((moment) => moment.second >= second);
    if (after <= 0) return after === 0 ? 0 : seen.at(-1)!.accepted;
    const [earlier, later] = [seen[after - 1]!, seen[after]!];
    const share = (second - earlier.second) / (later.second - earlier.second);
    return earlier.accepted + share * (later.accepted - earlier.accepted);
  };
  const seconds = Math.ceil(seen.at(-1)!.second);
  return Float64Array.from({ length: seconds }, (_, second) => acceptedBy(second + 1) - acceptedBy(second));
}

function depthBy(seen: readonly Seen[], second: number): number {
  return seen.findLast((moment) => moment.second <= second)?.depth ?? 0;
}

/** @returns registrations stored each second between these two shares of a spike */
function paceBetween(seen: readonly Seen[], from: number, to: number): number {
  const part = seen.filter(({ stored: count }) => count >= people * from && count <= people * to);
  const [first, last] = [part[0]!, part.at(-1)!];
  return (last.stored - first.stored) / (last.second - first.second);
}

/** @returns a spike in which the worker, once it had a line before it, kept one pace, as the simulation takes for granted */
async function steadySpike(t: Test): Promise<{ measured: Seen[]; pace: number }> {
  for (let spike = 1; spike <= maxSpikes; spike += 1) {
    const [measured] = await Promise.all([watchDrain(people), send(spikePerSecond, spikeSeconds)]);
    const [early, late] = [paceBetween(measured, 0.05, 0.35), paceBetween(measured, 0.35, 0.65)];
    if (Math.abs(early - late) / late <= steady) return { measured, pace: paceBetween(measured, 0.05, 0.65) };
    t.comment(`spike ${spike} is spoilt: stored ${early.toFixed(0)} each second, then ${late.toFixed(0)}`);
  }
  throw new Error(`no worker kept its pace in any of ${maxSpikes} spikes: what else runs here?`);
}

// Only a machine that does nothing else keeps a pace that can be compared.
t.test(
  "a spike on the real tiers has the depth and the drain time that the simulation says",
  { skip: skipUnlessLong },
  async (t) => {
    await start(t);
    await Promise.all([watchDrain(warmUpPerSecond * warmUpSeconds), send(warmUpPerSecond, warmUpSeconds)]);
    const { measured, pace } = await steadySpike(t);
    t.ok(pace > 20 && pace < 25 / (writeDelayMs / 1_000), `one worker stores ${Math.round(pace)} each second`);

    const simulated = simulate({
      arrivals: arrivalsOf(measured),
      web: { startInstances: 1, minInstances: 1, maxInstances: 1, registrationsPerSecond: 10_000 },
      worker: { startInstances: 1, minInstances: 1, maxInstances: 1, registrationsPerSecond: pace },
      warmWritesPerSecond: 1_000_000,
      instanceReadySeconds: 300,
      registrationsPerMessage: 250,
    });

    // At the end of each second, as the simulation counts.
    const depths = simulated.series.depth.map((_, second) => depthBy(measured, second + 1));
    const peak = Math.max(...depths);
    const drained = measured.at(-1)!.second;
    t.comment("second: measured depth, simulated depth");
    for (const second of [2, 4, 6, 8, 10, 12]) {
      t.comment(`${second}: ${depths[second]}, ${Math.round(simulated.series.depth[second] ?? 0)}`);
    }
    t.comment(`peak depth: ${peak} measured, ${Math.round(simulated.peakDepth)} simulated`);
    t.comment(`drained after: ${drained.toFixed(1)} s measured, ${simulated.drainedAtSeconds} s simulated`);
    const off = (real: number, said: number) => Math.abs(real - said) / real;
    t.ok(off(peak, simulated.peakDepth) < tolerance, "depth");
    t.ok(off(drained, simulated.drainedAtSeconds!) < tolerance, "drain time");
    t.ok(off(peak, simulated.peakDepth * 1.5) > tolerance, "a simulation that is half off would be found out");
  },
);
