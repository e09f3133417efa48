import { DeleteMessageCommand, ReceiveMessageCommand, type Message } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { createReplaySender, type PackSteps } from "../../../shared/dead-letters/replay-sender.ts";
import { decodePack, encodeRegistration, maxPackBytes } from "../../../shared/registration/registration-pack.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { createSqsClient } from "../../../shared/aws/aws-clients.ts";
import { person } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { awsError, startAwsProxy, type Input, type Intervention } from "../../equipment/aws-proxy.ts";

const { connection, stack } = await startEngines(t);
// Where the SDK of a client of its own finds credentials.
Object.assign(process.env, stack.environment);
const proxy = await startAwsProxy(stack.urls.sqs!);
t.teardown(() => proxy.close());
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

function steps(changes: Partial<PackSteps<Registration>> = {}): PackSteps<Registration> {
  return {
    encodedOf: encodeRegistration,
    claim: async (some) => some,
    onConfirmed: async () => {},
    onFailed: async () => {},
    ...changes,
  };
}

t.test("several leave in one pack, which says how many they are", async (t) => {
  const confirmed: number[] = [];
  await open(10_000).send(people(600), steps({ onConfirmed: async (some) => void confirmed.push(some.length) }));
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
  await open(10_000).send(large, steps());
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
  await open(20).send(people(40), steps());
  const seconds = (performance.now() - began) / 1_000;
  t.ok(seconds > 1.2, `40 at 20 a second take 1.5 s or more, found ${seconds}`);
  t.equal((await received()).length, 4, "in packs of half a second");
});

t.test("stopped, it sends no further pack, and what was sent was told", async (t) => {
  const stop = new AbortController();
  let confirmed = 0;
  const onConfirmed = async (some: readonly Registration[]) => {
    confirmed += some.length;
    stop.abort(new Error("stop"));
  };
  const sending = open(10, stop.signal).send(people(50), steps({ onConfirmed }));
  await t.rejects(sending, { message: "stop" });
  const messages = await received();
  t.equal(messages.length, 1);
  t.equal(decodePack(messages[0]?.Body ?? "").registrations.length, confirmed);
});

t.test("each pack is claimed right before it is sent, and only what is claimed leaves", async (t) => {
  const log: string[] = [];
  await open(10_000).send(
    people(600),
    steps({
      async claim(some) {
        log.push(`claim ${some.length}`);
        return some.filter((_, index) => log.length > 1 && index % 2 === 0);
      },
      onConfirmed: async (some) => void log.push(`sent ${some.length}`),
    }),
  );
  t.strictSame(log, ["claim 250", "claim 250", "sent 125", "claim 100", "sent 50"], "nothing of the first: no message");
  t.equal((await received()).length, 2);
  const refused = new Error("no claims today");
  await t.rejects(open(10_000).send(people(1), steps({ claim: () => Promise.reject(refused) })), refused);
  t.equal((await received()).length, 0);
});

const proxied = createSqsClient({ region: "eu-central-1", requestTimeoutMs: 400, maxAttempts: 2, endpoint: proxy.url });
t.teardown(() => proxied.destroy());

for (const [what, accepted, interventions] of [
  ["denied", "no", [awsError("AccessDenied")]],
  ["throttled, twice", "no", [awsError("RequestThrottled"), awsError("RequestThrottled")]],
  ["cut, then denied", "unknown", ["cut", awsError("AccessDenied")]],
  ["answered with 500", "unknown", [awsError("InternalError", "x", 500), awsError("InternalError", "x", 500)]],
  ["accepted, and the answer lost", "unknown", ["lose the answer", "lose the answer"]],
  ["never answered", "unknown", ["swallow", "swallow"]],
  [
    "confirmed with a wrong checksum",
    "unknown",
    [{ alter: (answer: Input) => ({ ...answer, MD5OfMessageBody: "0".repeat(32) }) }],
  ],
] as [string, "no" | "unknown", Intervention[]][]) {
  t.test(`a send that is ${what}: accepted? ${accepted}`, async (t) => {
    const left = [...interventions];
    proxy.intervene(() => left.shift());
    t.teardown(() => proxy.intervene());
    const told: string[] = [];
    const { signal } = new AbortController();
    const sender = createReplaySender({ sqs: proxied, queueUrl, ratePerSecond: 10, signal });
    const onFailed = async (some: readonly Registration[], how: string) => void told.push(`${some.length} ${how}`);
    const onConfirmed = async () => void t.fail("confirmed");
    await t.rejects(sender.send(people(1), steps({ onFailed, onConfirmed })));
    t.strictSame(told, [`1 ${accepted}`]);
    t.equal(left.length, 0, "control: it met what it was to meet");
    await received();
  });
}

t.test("a queue that does not take it is an error, and nothing was accepted", async (t) => {
  const { signal } = new AbortController();
  const sender = createReplaySender({ sqs, queueUrl: `${queueUrl}-none`, ratePerSecond: 10, signal });
  const told: string[] = [];
  await t.rejects(
    sender.send(
      people(1),
      steps({
        onConfirmed: async () => void t.fail("confirmed"),
        onFailed: async (_, accepted) => void told.push(accepted),
      }),
    ),
    { name: "QueueDoesNotExist" },
  );
  t.strictSame(told, ["no"]);
});
