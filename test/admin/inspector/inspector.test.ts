import { SendMessageCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import { Compile } from "typebox/compile";
import { createInspector, createTierSource } from "../../../admin/inspector/inspector.ts";
import { QueueSnapshot } from "../../../admin/inspector/queue-snapshot.ts";
import { deadLetter, deadLetters, putAll } from "../dead-letter-seeds.ts";
import { startEngines } from "../engines.ts";

const { connection } = await startEngines(t);
const { sqs, documents, queueUrl, deadLetterQueueUrl, deadLettersTable } = connection;
const validator = Compile(QueueSnapshot);
const { signal } = new AbortController();

t.test("a look tells what waits, what failed, and how the tiers are", async (t) => {
  for (const QueueUrl of [queueUrl, queueUrl, deadLetterQueueUrl]) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  }
  await putAll(documents, deadLettersTable, [
    ...deadLetters(3),
    deadLetter(4, { reason: "malformed" }),
    deadLetter(5, { state: "resolved", reason: "item-too-large" }),
  ]);
  const inspector = createInspector(connection);
  const { queue, deadLetterGroups, tiers } = await inspector.look(signal);
  t.ok(validator.Check(queue), "as its schema says", { found: queue });
  t.match(queue, {
    messages: 2,
    registrationsEstimate: 2,
    inFlight: 0,
    oldestAgeSeconds: null,
    drainPerSecond: null,
    deadLetters: { open: 4, byReason: { "crash-loop": 3, malformed: 1 }, notCollected: 1 },
  });
  t.notOk("item-too-large" in queue.deadLetters.byReason, "what is resolved is not counted as open");
  t.equal(deadLetterGroups.length, 3);
  t.match(tiers.tiers, [
    { tier: "web", health: "unreachable" },
    { tier: "worker", health: "unreachable" },
  ]);

  t.test("and the next one how it went since", async (t) => {
    const second = await inspector.look(signal);
    t.type(second.queue.drainPerSecond, "number");
    t.ok(validator.Check(second.queue));
    t.equal(second.deadLetterGroups, deadLetterGroups, "dead letters are not all read again at once");
  });
});

t.test("a tier is asked where it can be", async (t) => {
  t.type(createTierSource({ queueUrl, tiers: { kind: "urls" } }), "function");
  const environments = { web: "a", worker: "b" };
  t.type(createTierSource({ queueUrl, tiers: { kind: "stack", stack: "summit", environments } }), "function");
});

t.test("a queue that cannot be read is an error", async (t) => {
  const inspector = createInspector({ ...connection, queueUrl: `${queueUrl}-none` });
  await t.rejects(inspector.look(signal), { name: "QueueDoesNotExist" });
});
