import { DeleteMessageCommand, ReceiveMessageCommand, type Message } from "@aws-sdk/client-sqs";
import t from "tap";
import { createReplaySender } from "../../../shared/dead-letters/replay-sender.ts";
import { decodePack, encodeRegistration, maxPackBytes } from "../../../shared/registration-pack.ts";
import type { Registration } from "../../../shared/registration.ts";
import { person } from "../../admin/dead-letter-seeds.ts";
import { startEngines } from "../../admin/engines.ts";

const { connection } = await startEngines(t);
const { sqs, queueUrl } = connection;

async function received(): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
    );
    if (Messages.length === 0) return all;
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
    all.push(...Messages);
  }
}

const people = (count: number) => Array.from({ length: count }, (_, number) => person(number));

function open(ratePerSecond: number, signal = new AbortController().signal) {
  return createReplaySender({ sqs, queueUrl, ratePerSecond, signal });
}

t.test("several leave in one pack, which says how many they are", async (t) => {
  const confirmed: number[] = [];
  await open(10_000).send(people(600), encodeRegistration, async (some) => void confirmed.push(some.length));
  t.same(confirmed, [250, 250, 100]);
  const messages = await received();
  const packs = messages.map(({ Body = "" }) => decodePack(Body).registrations.length);
  t.same(
    packs.toSorted((a, b) => b - a),
    confirmed,
  );
  for (const { Body = "", MessageAttributes: attributes = {} } of messages) {
    t.equal(attributes.count?.StringValue, String(decodePack(Body).registrations.length));
  }
});

t.test("no pack is larger than a message may be", async (t) => {
  const answers = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`field${index}`, "é".repeat(1_000)]));
  const large: Registration[] = people(10).map((registration) => ({ ...registration, answers }));
  await open(10_000).send(large, encodeRegistration, async () => {});
  const messages = await received();
  t.ok(messages.length > 1);
  for (const { Body = "" } of messages) t.ok(Buffer.byteLength(Body) <= maxPackBytes);
  t.equal(
    messages.reduce((total, { Body = "" }) => total + decodePack(Body).registrations.length, 0),
    10,
  );
});

t.test("no more leave in a second than asked", async (t) => {
  const began = performance.now();
  await open(20).send(people(40), encodeRegistration, async () => {});
  const seconds = (performance.now() - began) / 1_000;
  t.ok(seconds > 1.2, `40 at 20 a second take 1.5 s or more, found ${seconds}`);
  t.equal((await received()).length, 4, "in packs of half a second");
});

t.test("stopped, it sends no further pack, and what was sent was told", async (t) => {
  const stop = new AbortController();
  let confirmed = 0;
  const sending = open(10, stop.signal).send(people(50), encodeRegistration, async (some) => {
    confirmed += some.length;
    stop.abort(new Error("stop"));
  });
  await t.rejects(sending, { message: "stop" });
  const messages = await received();
  t.equal(messages.length, 1);
  t.equal(decodePack(messages[0]?.Body ?? "").registrations.length, confirmed);
});

t.test("a queue that does not take it is an error", async (t) => {
  const sender = createReplaySender({
    sqs,
    queueUrl: `${queueUrl}-none`,
    ratePerSecond: 10,
    signal: new AbortController().signal,
  });
  await t.rejects(
    sender.send(people(1), encodeRegistration, async () => void t.fail("confirmed")),
    { name: "QueueDoesNotExist" },
  );
});
