/**
 * The tiers themselves: real web instances and real workers write what they do, and everybody who is asked says the same of
 * the backlog. The queue and the table are slowed down, so that packs fill and there is a backlog at all.
 */
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import type { QueueSnapshot } from "../../admin/inspector/queue-snapshot.ts";
import { runCommand } from "../equipment/command-run.ts";
import { forEach, postRegistration, type Accepted } from "../equipment/attendee.ts";
import { startAwsProxy } from "../equipment/aws-proxy.ts";
import { eventually } from "../equipment/eventually.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";
import { startEngines } from "../faults/cell.ts";

t.setTimeout(400_000);

const engines = await startEngines();
t.teardown(() => engines.stop());
const { urls } = engines.stack;
/** Each table call of a worker takes this long, and it makes one at a time: 25 registrations in it. */
let writeMs = 0;
/** Each send as well: while it is under way, a pack fills. */
let sendMs = 0;
const table = await startAwsProxy(urls.dynamodb!);
t.teardown(() => table.close());
table.intervene(async ({ operation }) => {
  if (operation === "BatchExecuteStatement") await delay(writeMs);
  return undefined;
});
const queue = await startAwsProxy(urls.sqs!);
t.teardown(() => queue.close());
queue.intervene(async ({ operation }) => {
  if (operation === "SendMessage") await delay(sendMs);
  return undefined;
});

const environment = {
  AWS_ENDPOINT_URL_SQS: queue.url,
  AWS_ENDPOINT_URL_DYNAMODB: table.url,
  SENDS_IN_FLIGHT: "1",
  WRITES_IN_FLIGHT: "1",
  WRITE_TIMEOUT_MS: "20000",
  SEND_TIMEOUT_MS: "20000",
  MESSAGE_DEADLINE_SECONDS: "600",
};

interface Scene {
  readonly webs: number;
  readonly workers: number;
  readonly people: number;
  readonly atOnce: number;
  readonly writeMs: number;
  readonly sendMs: number;
}

async function play(t: Test, { webs, workers, people, atOnce, ...pace }: Scene): Promise<void> {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 120 });
  t.teardown(() => cell.close());
  const started = { direct: true, environment };
  const web = await Promise.all(Array.from({ length: webs }, () => cell.startTier("web", started)));
  const instance = (index: number) => web[index % web.length]!;
  ({ writeMs, sendMs } = pace);
  const everybody = Array.from({ length: people }, (_, index) => index);
  const accepted = await forEach(everybody, atOnce, async (index) => {
    const person = { email: `activity-${people}-${index}@example.org`, name: "Activity" };
    const response = await postRegistration(instance(index).url, person);
    t.equal(response.status, 202);
    return (await response.json()) as Accepted;
  });
  const env = { ...cell.environment, WEB_URL: instance(0).url };
  // Where the SDK reads them; a test file is a process of its own.
  Object.assign(process.env, cell.environment);
  const poll = async () => (await runCommand(["queue", "--json"], { env })).json() as QueueSnapshot;
  const waitOf = async (index: number): Promise<number | undefined> => {
    const last = accepted.at(-1)!;
    const response = await fetch(instance(index).url + last.statusUrl, { headers: { accept: "application/json" } });
    return ((await response.json()) as { estimatedWaitSeconds?: number }).estimatedWaitSeconds;
  };

  const alone = await eventually(
    async () => {
      const seen = await poll();
      return Math.abs(seen.registrationsEstimate / people - 1) <= 0.1 && !seen.atLeast && seen;
    },
    "people are told within a tenth, although no worker runs",
    30_000,
  );
  t.equal(alone.etaSeconds, null, "without a worker the wait is unknown");
  t.match((await runCommand(["queue"], { env })).stdout, /wait +unknown: nothing is being drained/);
  t.equal(await waitOf(0), undefined);
  // What an instance has written stays true without it.
  t.ok(await instance(0).crash());
  await eventually(async () => (await instance(0).health()).httpStatus === 200, "it is back", 30_000);
  t.ok(Math.abs((await poll()).registrationsEstimate / people - 1) <= 0.1);

  const worker = await Promise.all(Array.from({ length: workers }, () => cell.startTier("worker", started)));
  await eventually(async () => ((await poll()).drainPerSecond ?? 0) > 0, "a pace is known", 60_000);
  // For the pace to be told from full buckets.
  const began = performance.now();
  await eventually(
    () => performance.now() - began > 40_000,
    "the workers were there all the time that the pace is told from",
    80_000,
  );

  const waiting = people - (await cell.itemCount());
  const at = performance.now();
  const seen = await poll();
  await Promise.all(web.map((_, index) => waitOf(index)));
  await delay(1_500);
  const waits = await Promise.all(web.map((_, index) => waitOf(index)));
  const task = await fetch(`${worker[0]!.url}/tasks/report-backlog`, { method: "POST" });
  t.equal(task.status, 200);
  const reported = await worker[0]!.metric("turnout_queue_eta_seconds");
  await cell.drained(300_000);
  const truth = (performance.now() - at) / 1_000;
  t.comment(
    `${webs} web, ${workers} workers, ${alone.messages} packs of ${people} people: without a worker ` +
      `${alone.registrationsEstimate} people, wait unknown; later ${seen.registrationsEstimate} people where ${waiting} ` +
      `waited; wait ${seen.etaSeconds} s by queue, ${waits.join(", ")} s by status, ${reported} s by worker, ` +
      `where it took ${truth.toFixed(1)} s`,
  );
  t.ok(Math.abs(seen.registrationsEstimate - waiting) <= Math.max(0.1 * waiting, 50), "people within a tenth");
  const isRight = (wait: number | null | undefined) => Math.abs((wait ?? Infinity) - truth) <= 0.25 * truth + 3;
  t.ok(isRight(seen.etaSeconds), "wait within a quarter");
  for (const wait of [...waits, reported]) t.ok(isRight(wait), "and everybody says the same");
  t.match(await poll(), { messages: 0, registrationsEstimate: 0, etaSeconds: 0 });
}

t.test("two web instances, one worker, full packs", { skip: skipUnlessLong }, async (t) => {
  await play(t, { webs: 2, workers: 1, people: 3_500, atOnce: 500, writeMs: 600, sendMs: 1_000 });
});

t.test("six web instances, three workers, packs of a few", { skip: skipUnlessLong }, async (t) => {
  await play(t, { webs: 6, workers: 3, people: 2_000, atOnce: 12, writeMs: 4_000, sendMs: 0 });
});
