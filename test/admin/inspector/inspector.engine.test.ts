import { randomUUID } from "node:crypto";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import type { Activity } from "../../../shared/activity/bucket.ts";
import { createActivityRecorder } from "../../../shared/activity/recorder.ts";
import { createInspector, createTierSource } from "../../../admin/inspector/inspector.ts";
import { QueueSnapshot } from "../../../admin/inspector/queue-snapshot.ts";
import { deadLetter, deadLetters, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { sqs, documents, queueUrl, deadLetterQueueUrl, deadLettersTable, activityTable } = connection;
const validator = Compile(QueueSnapshot);
const { signal } = new AbortController();

async function record(activity: Partial<Activity>, at: number): Promise<void> {
  const recorder = createActivityRecorder({
    documents,
    table: activityTable,
    processId: randomUUID(),
    read: () => activity,
    logger: { info() {}, warn: () => t.fail("activity is written") },
    construct: "",
    wallClock: () => at,
    random: Math.random,
  });
  await recorder.record();
}

const inspector = createInspector(connection);

t.test("an inspection tells what waits, what failed, and how the tiers are", async (t) => {
  for (const QueueUrl of [queueUrl, queueUrl, deadLetterQueueUrl]) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  }
  await putAll(documents, deadLettersTable, [
    ...deadLetters(3),
    deadLetter(4, { reason: "malformed" }),
    deadLetter(5, { state: "resolved", reason: "item-too-large" }),
  ]);
  const { queue, deadLetterGroups, tiers } = await inspector.inspect(signal);
  t.ok(validator.Check(queue), "as its schema says", { found: queue });
  t.match(queue, {
    messages: 2,
    registrationsEstimate: 2,
    atLeast: true,
    inFlight: 0,
    oldestAgeSeconds: null,
    drainPerSecond: 0,
    etaSeconds: null,
    deadLetters: { open: 4, byReason: { "crash-loop": 3, malformed: 1 }, notCollected: 1 },
  });
  t.notOk("item-too-large" in queue.deadLetters.byReason, "what is resolved is not counted as open");
  t.equal(deadLetterGroups.length, 3);
  t.match(tiers, [
    { tier: "web", health: "unreachable" },
    { tier: "worker", health: "unreachable" },
  ]);
  const second = await inspector.inspect(signal);
  t.equal(second.deadLetterGroups, deadLetterGroups, "dead letters are not all read again at once");
});

t.test("people, rates, pace and wait are those of all processes, by one inspection", async (t) => {
  // It stands still: however long a slow machine takes to write it, what was done is as long ago.
  const now = Date.now();
  const still = createInspector(connection, () => now);
  for (const secondsAgo of [10, 20, 30, 40, 50, 60]) {
    await record({ accepted: 400, packsSent: 2 }, now - secondsAgo * 1_000);
  }
  for (const secondsAgo of [10, 20, 30, 40, 50, 60]) {
    await record({ stored: 90, duplicate: 10, packsDone: 1, storedDelayMs: 270_000 }, now - secondsAgo * 1_000);
  }
  const { queue, rates } = await still.inspect(signal);
  t.match(queue, { messages: 2, registrationsEstimate: 400, drainPerSecond: 10, etaSeconds: 40, oldestAgeSeconds: 3 });
  t.notOk("atLeast" in queue);
  t.same(rates, { acceptedPerSecond: 40, storedPerSecond: 9, duplicatesPerSecond: 1 });
  const [first] = (await still.lastHour()).toReversed();
  t.ok((first?.from ?? Infinity) <= now - 3_600_000);
});

t.test("a tier is asked where it can be", async (t) => {
  t.type(createTierSource({ tiers: { kind: "urls" } }), "function");
  const environments = { web: "a", worker: "b" };
  t.type(createTierSource({ tiers: { kind: "stack", stack: "summit", environments } }), "function");
});

t.test("a queue that cannot be read is an error", async (t) => {
  const lost = createInspector({ ...connection, queueUrl: `${queueUrl}-none` });
  await t.rejects(lost.inspect(signal), { name: "QueueDoesNotExist" });
});
