import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../equipment/file-test.ts";
import { deadLetterReasons, type DeadLetterReason } from "../../shared/dead-letters/dead-letter.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { createDeadLetterQueue, type DeadLetter } from "../../worker/dead-letter-queue.ts";
import { createRetryingCaller } from "../../worker/retrying-caller.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { createQuickBreaker } from "../equipment/quick-breaker.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

async function prepare({ width = 32 } = {}) {
  const { deadLetterUrl } = await engines.createQueue();
  const sent: DeadLetterReason[] = [];
  const counted: number[] = [];
  const breaker = createQuickBreaker();
  const caller = createRetryingCaller(breaker, { width });
  const queue = createDeadLetterQueue({
    sqs: engines.sqs,
    queueUrl: deadLetterUrl,
    caller,
    wallClock: () => Date.parse("2026-03-01T10:00:00.000Z"),
    onSent: (reason, entries) => {
      sent.push(reason);
      counted.push(entries);
    },
  });
  return { queue, caller, breaker, sent, counted, take: () => engines.take(deadLetterUrl) };
}

const letter = (changes: Partial<DeadLetter> = {}): DeadLetter => ({
  body: encodePack(people(1)),
  reason: "rejected-by-table",
  detail: "what was wrong",
  attempts: 3,
  ...changes,
});

t.test("a dead letter arrives byte for byte, with reason, detail, time and attempts", async (t) => {
  const { queue, sent, take } = await prepare();
  const body = '{"not":"a pack",\n\t"but":"kept as it came: \u20ac \\ud83d"}';
  t.equal(await queue.send(letter({ body, reason: "malformed" }), Infinity), true);
  const [message, ...more] = await take();
  t.equal(message?.Body, body);
  t.match(message?.MessageAttributes, {
    reason: { StringValue: "malformed" },
    detail: { StringValue: "what was wrong" },
    failedAt: { StringValue: "2026-03-01T10:00:00.000Z" },
    attempts: { DataType: "Number", StringValue: "3" },
  });
  t.equal(more.length, 0);
  t.same(sent, ["malformed"]);
});

t.test("every reason travels", async (t) => {
  const { queue, sent } = await prepare();
  for (const reason of deadLetterReasons) t.equal(await queue.send(letter({ reason }), Infinity), true);
  t.same(sent, deadLetterReasons);
});

t.test("a detail that SQS would not take is made one that it takes", async (t) => {
  const { queue, take } = await prepare();
  for (const detail of ["", "\u0000\u001b[31m\uffff\ud800 x", "😀".repeat(2_000), "e".repeat(5_000)]) {
    t.equal(await queue.send(letter({ detail }), Infinity), true, detail.slice(0, 10));
  }
  const details = (await take()).map((message) => message.MessageAttributes!.detail!.StringValue!);
  t.equal(details.length, 4);
  for (const detail of details) {
    t.ok(detail.length > 0 && detail.length <= 1_000);
    t.match(detail, /^[\t\n\r\x20-\ud7ff\ue000-\ufffd]*$/);
  }
});

t.test("while sending is denied nothing counts as sent; it waits, tells why, and goes on when allowed", async (t) => {
  const { queue, breaker, sent, take } = await prepare();
  engines.sqsProxy.intervene(({ operation }) =>
    operation === "SendMessage" ? awsError("AccessDenied", "not authorized", 403) : undefined,
  );
  const sending = Promise.all([queue.send(letter(), Infinity), queue.send(letter(), Infinity)]);
  await eventually(() => breaker.state !== "closed", "the circuit opened");
  t.match(breaker.systemError, { kind: "access-denied", action: "sqs:SendMessage", message: /Roles\/WorkerRole/ });
  t.same(sent, []);
  engines.calm();
  t.same(await sending, [true, true]);
  t.equal((await take()).length, 2);
});

t.test("what SQS rejects as it stands stays in its message", async (t) => {
  const { queue, sent, breaker } = await prepare();
  t.equal(await queue.send(letter({ body: "" }), Infinity), false, "SQS knows no empty body");
  t.equal(breaker.state, "closed");
  t.same(sent, []);
});

t.test("a stop lets go of what cannot be sent", async (t) => {
  const { queue, caller, sent } = await prepare();
  engines.sqsProxy.intervene(({ operation }) => (operation === "SendMessage" ? "cut" : undefined));
  const sending = queue.send(letter(), Infinity);
  caller.close();
  t.equal(await sending, false);
  t.same(sent, []);
});

t.test("a dead letter counts as many as it holds", async (t) => {
  const { queue, counted } = await prepare();
  await queue.send(letter({ entries: 250 }), Infinity);
  await queue.send(letter(), Infinity);
  t.same(counted, [250, 1]);
});

t.test("whose turn does not come before its message's deadline stays in its message", async (t) => {
  const { queue, sent, take } = await prepare({ width: 1 });
  const first = queue.send(letter(), Infinity);
  const late = queue.send(letter(), performance.now());
  t.same(await Promise.all([first, late]), [true, false]);
  t.equal(sent.length, 1);
  t.equal((await take()).length, 1);
});

t.test("control: the engine tells a body that it cannot take", async (t) => {
  const { deadLetterUrl } = await engines.createQueue();
  await t.rejects(engines.sqs.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: "\u0000" })));
});
