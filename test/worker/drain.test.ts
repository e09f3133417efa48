import { SendMessageCommand, type Message } from "@aws-sdk/client-sqs";
import t from "tap";
import { createCircuitBreaker } from "../../worker/circuit-breaker.ts";
import { createDrain, type DrainOptions } from "../../worker/drain.ts";
import type { SystemError } from "../../shared/process/system-error.ts";
import { awsError, type AwsCall, type Intervene } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines(t);

// Most of these tests wait for visibility time-outs and long polls, so they run beside each other, each on its own queue.
t.jobs = 6;
const spoilers = new Map<string, Intervene>();
engines.sqsProxy.intervene((call) => spoilers.get(String(call.input.QueueUrl))?.(call));

const systemError: SystemError = { kind: "access-denied", action: "a", resource: "r", message: "m" };

/** Long enough for a heartbeat that comes three seconds late on a busy machine. */
const visibilityTimeoutSeconds = 6;

interface Preparation extends Partial<DrainOptions> {
  readonly queueVisibilitySeconds?: number;
  readonly maxReceiveCount?: number;
}

async function prepare({ queueVisibilitySeconds = 30, maxReceiveCount = 100, ...options }: Preparation = {}) {
  const queue = await engines.createQueue({ visibilityTimeoutSeconds: queueVisibilitySeconds, maxReceiveCount });
  const now = () => performance.now();
  const newBreaker = () =>
    createCircuitBreaker({ now, random: () => 0, minBackoffMs: 100, maxBackoffMs: 400, onChange: () => {} });
  const breakers = { receive: newBreaker(), delete: newBreaker(), needed: newBreaker() };
  const processed: Message[] = [];
  const log = recordLog();
  let deleteFailures = 0;
  const drain = createDrain({
    sqs: engines.createSqs({ maxAttempts: 1 }),
    queueUrl: queue.url,
    pollers: 2,
    receiveWaitSeconds: 1,
    visibilityTimeoutSeconds,
    stopDeadlineSeconds: 5,
    async process(message) {
      processed.push(message);
      return true;
    },
    receiveBreaker: breakers.receive,
    deleteBreaker: breakers.delete,
    neededBreakers: [breakers.needed],
    logger: log.logger,
    now,
    onDeleteFailed: () => (deleteFailures += 1),
    ...options,
  });
  const ofQueue = ({ input }: AwsCall) => input.QueueUrl === queue.url;
  return {
    drain,
    queue,
    breakers,
    processed,
    log,
    /** What becomes of the calls to this queue; nothing lets all pass again. */
    spoil: (how: Intervene = () => undefined) => spoilers.set(queue.url, how),
    deleteFailures: () => deleteFailures,
    receives: () => engines.sqsProxy.callsOf("ReceiveMessage").filter(ofQueue).length,
    async send(count: number): Promise<void> {
      for (let index = 0; index < count; index += 1) {
        await engines.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: `message ${index}` }));
      }
    },
    async isEmpty(): Promise<boolean> {
      const { waiting, inFlight } = await engines.counts(queue.url);
      return waiting + inFlight === 0;
    },
  };
}

const bodies = (messages: readonly Message[]) => messages.map((message) => message.Body ?? "");

t.test("every message is worked on once and deleted when it is done", { buffered: true }, async (t) => {
  const { drain, processed, send, isEmpty } = await prepare();
  await send(25);
  drain.start();
  drain.start();
  await eventually(isEmpty, "the queue is empty");
  t.equal(processed.length, 25);
  t.equal(new Set(bodies(processed)).size, 25);
  await drain.stop();
});

t.test(
  "a message that is not done, or fails, comes again; its neighbours of the same receive do not",
  { buffered: true },
  async (t) => {
    const seen: string[] = [];
    const { drain, log, send, isEmpty } = await prepare({
      async process({ Body: body = "" }) {
        seen.push(body);
        const times = seen.filter((other) => other === body).length;
        if (body === "message 1" && times === 1) return false;
        if (body === "message 2" && times === 1) throw new Error("ada@example.org stumbled");
        return true;
      },
    });
    await send(5);
    drain.start();
    await eventually(isEmpty, "the queue is empty");
    t.same(seen.toSorted(), [
      "message 0",
      "message 1",
      "message 1",
      "message 2",
      "message 2",
      "message 3",
      "message 4",
    ]);
    t.ok(log.records.some(({ msg }) => msg?.includes("stays on the queue")));
    await drain.stop();
  },
);

t.test(
  "while something that a message needs is broken nothing is received, so receive counts do not climb",
  async (t) => {
    const { drain, breakers, processed, receives, send, isEmpty } = await prepare();
    breakers.needed.failed(systemError);
    await send(3);
    drain.start();
    await eventually(() => breakers.needed.admit(), "its back-off is over");
    t.equal(receives(), 0);
    breakers.needed.succeeded();
    await eventually(isEmpty, "the queue is empty");
    t.same(
      processed.map(({ Attributes }) => Attributes?.ApproximateReceiveCount),
      ["1", "1", "1"],
    );
    await drain.stop();
  },
);

t.test(
  "receives that are rejected do not spin: they back off, tell why, and go on when allowed",
  { buffered: true },
  async (t) => {
    const { drain, breakers, receives, send, isEmpty, spoil } = await prepare({ pollers: 4 });
    await send(3);
    spoil(({ operation }) =>
      operation === "ReceiveMessage" ? awsError("AccessDenied", "not authorized", 403) : undefined,
    );
    drain.start();
    const startedAt = performance.now();
    await eventually(() => performance.now() - startedAt > 1_500, "a while");
    const count = receives();
    t.ok(count >= 4 && count < 20, `${count} receives in 1.5 s`);
    t.match(breakers.receive.systemError, {
      kind: "access-denied",
      action: "sqs:ReceiveMessage",
      message: /Roles\/WorkerRole/,
    });
    spoil();
    await eventually(isEmpty, "the queue is empty");
    t.equal(breakers.receive.state, "closed");
    await drain.stop();
  },
);

t.test(
  "the silence is measured from the last answer to a receive, an empty one counts",
  { buffered: true },
  async (t) => {
    const { drain, receives, spoil } = await prepare({ pollers: 1, receiveWaitSeconds: 0 });
    drain.start();
    await eventually(() => receives() > 3, "some empty answers");
    await eventually(() => drain.sinceLastReceiveMs() < 1_000, "the last one was just now");
    spoil(() => "swallow");
    const startedAt = performance.now();
    await eventually(() => drain.sinceLastReceiveMs() > 500, "the silence grows");
    t.ok(performance.now() - startedAt > 300);
    spoil();
    await drain.stop();
  },
);

t.test(
  "a message that takes longer than its visibility stays hidden, and is received once",
  { buffered: true },
  async (t) => {
    const work = Promise.withResolvers<void>();
    const received: Message[] = [];
    const { drain, send, isEmpty } = await prepare({
      async process(message) {
        received.push(message);
        await work.promise;
        return true;
      },
    });
    await send(1);
    drain.start();
    const startedAt = performance.now();
    await eventually(() => performance.now() - startedAt > 9_000, "longer than its visibility");
    t.equal(received.length, 1);
    work.resolve();
    await eventually(isEmpty, "the queue is empty");
    await drain.stop();
  },
);

t.test("a delete that partly fails is counted, and what it left comes again", { buffered: true }, async (t) => {
  let spoiled = 0;
  const { drain, processed, send, isEmpty, deleteFailures, spoil } = await prepare({ pollers: 1 });
  await send(4);
  spoil(({ operation, input }) => {
    if (operation !== "DeleteMessageBatch" || spoiled > 0) return undefined;
    spoiled += 1;
    const [failed, ...rest] = (input.Entries as { Id: string }[]).map(({ Id }) => Id);
    const Failed = [{ Id: failed, Code: "InternalError", SenderFault: false, Message: "injected" }];
    return { answer: { Failed, Successful: rest.map((Id) => ({ Id })) } };
  });
  drain.start();
  await eventually(() => spoiled === 1 && deleteFailures() > 0, "the failure is counted");
  await eventually(isEmpty, "all is deleted in the end");
  t.ok(processed.length > 4, "the undeleted ones came again");
  await drain.stop();
});

t.test(
  "while deletes are denied no message drifts to the dead-letter queue, and none is received again",
  { buffered: true },
  async (t) => {
    const { drain, queue, breakers, processed, send, isEmpty, spoil } = await prepare({ maxReceiveCount: 2 });
    await send(15);
    spoil(({ operation }) =>
      operation === "DeleteMessageBatch" ? awsError("AccessDenied", "not authorized", 403) : undefined,
    );
    drain.start();
    const startedAt = performance.now();
    await eventually(() => performance.now() - startedAt > 13_000, "more than twice its visibility");
    t.match(breakers.delete.systemError, {
      action: "sqs:DeleteMessage",
      kind: "access-denied",
      message: /Roles\/WorkerRole/,
    });
    t.equal(new Set(bodies(processed)).size, processed.length, "nothing was received twice");
    t.same(await engines.counts(queue.deadLetterUrl), { waiting: 0, inFlight: 0 });
    spoil();
    await eventually(isEmpty, "the queue is empty");
    t.equal(processed.length, 15, "each once");
    t.same(await engines.counts(queue.deadLetterUrl), { waiting: 0, inFlight: 0 });
    await drain.stop();
  },
);

t.test(
  "a stop waits for what was received, deletes it, and receives nothing more; a second one waits for the same",
  async (t) => {
    const work = Promise.withResolvers<void>();
    let received = 0;
    const { drain, queue, send, receives } = await prepare({
      pollers: 1,
      async process() {
        received += 1;
        await work.promise;
        return true;
      },
    });
    await send(3);
    drain.start();
    await eventually(() => received === 3, "all three are received");
    let stopped = false;
    const stopping = drain.stop().then(() => (stopped = true));
    t.equal(drain.stop(), drain.stop());
    await send(2);
    const before = receives();
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(stopped, false);
    work.resolve();
    await stopping;
    t.equal(receives(), before);
    t.equal(received, 3);
    t.same(await engines.counts(queue.url), { waiting: 2, inFlight: 0 });
  },
);

t.test(
  "a stop ends a drain whose pollers wait for a breaker, and, once it is told to let go, one whose deletes are denied",
  { buffered: true },
  async (t) => {
    const waiting = await prepare();
    waiting.breakers.needed.failed(systemError);
    waiting.drain.start();
    await waiting.drain.stop();
    t.equal(waiting.receives(), 0);
    waiting.breakers.needed.admit();
    waiting.breakers.needed.succeeded();

    const denied = await prepare();
    await denied.send(1);
    denied.spoil(({ operation }) =>
      operation === "DeleteMessageBatch" ? awsError("AccessDenied", "no", 403) : undefined,
    );
    denied.drain.start();
    await eventually(() => denied.breakers.delete.state !== "closed", "the circuit opened");
    const startedAt = performance.now();
    const stopping = denied.drain.stop();
    denied.drain.letGo();
    await stopping;
    t.ok(performance.now() - startedAt < stretched(4_500), "before its deadline");
    t.ok(denied.deleteFailures() > 0);
  },
);

t.test("stopped before it was started, it never starts", { buffered: true }, async (t) => {
  const { drain, receives, send } = await prepare();
  await send(1);
  await drain.stop();
  drain.start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal(receives(), 0);
});

t.test(
  "what is left to others is hidden for its own time, and the heartbeat doesn't shorten it",
  { buffered: true },
  async (t) => {
    const seen: string[] = [];
    const slow = Promise.withResolvers<void>();
    const { drain, queue, send, isEmpty, log } = await prepare({
      pollers: 1,
      async process({ Body = "" }) {
        seen.push(Body);
        if (Body === "message 0" && seen.filter((body) => body === Body).length === 1) return { hideSeconds: 14 };
        // Long enough for several heartbeats.
        if (Body === "message 1") await slow.promise;
        return true;
      },
    });
    await send(2);
    drain.start();
    t.teardown(() => drain.stop());
    await eventually(() => seen.length === 2, "both came, in one batch or two");
    const heartbeats = () =>
      engines.sqsProxy
        .callsOf("ChangeMessageVisibilityBatch")
        .filter(({ input }) => input.QueueUrl === queue.url)
        .flatMap(({ input }) => (input.Entries as { VisibilityTimeout: number }[]).map((one) => one.VisibilityTimeout));
    const beaten = () => heartbeats().filter((seconds) => seconds === visibilityTimeoutSeconds).length;
    await eventually(() => beaten() >= 2, "the heart has beaten");
    slow.resolve();
    await eventually(() => heartbeats().includes(14), "it is hidden");
    const hiddenAt = performance.now();
    t.equal(heartbeats().at(-1), 14, "and nothing changes that");
    await eventually(() => seen.length === 3, "it came again", 30_000);
    t.ok(performance.now() - hiddenAt > 10_000, "not after the visibility time-out, but after its own");
    t.strictSame(seen.at(-1), "message 0");
    await eventually(isEmpty, "and then it was done");
    t.strictSame(log.records, []);
  },
);

t.test("a stop waits until what is to be hidden is, and lets go of what cannot be", { buffered: true }, async (t) => {
  const { drain, queue, send, spoil, deleteFailures, log } = await prepare({
    pollers: 1,
    process: async () => ({ hideSeconds: 60 }),
  });
  let answer: (() => void) | undefined;
  spoil(async ({ operation }) => {
    if (operation !== "ChangeMessageVisibilityBatch") return undefined;
    await new Promise<void>((resolve) => (answer = resolve));
    return awsError("InternalError", "no", 500);
  });
  await send(1);
  drain.start();
  await eventually(() => answer !== undefined, "it is being hidden");
  let stopped = false;
  const stopping = drain.stop().then(() => (stopped = true));
  await eventually(async () => {
    await new Promise(setImmediate);
    return !stopped;
  }, "the stop waits");
  answer?.();
  await stopping;
  t.equal(deleteFailures(), 1);
  t.match(log.records, [{ msg: /could not be hidden/ }]);
  spoil();
  await eventually(async () => (await engines.take(queue.url)).length === 1, "it comes again sooner");
});
