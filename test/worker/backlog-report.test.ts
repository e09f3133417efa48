import { PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { Registry } from "prom-client";
import t from "tap";
import { createBacklogReport } from "../../worker/backlog-report.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines();
t.teardown(() => engines.close());
t.afterEach(() => engines.calm());

async function prepare() {
  const { url, deadLetterUrl } = await engines.createQueue();
  const registry = new Registry();
  const log = recordLog();
  let time = Date.parse("2026-03-01T10:00:00.000Z");
  let mean = 1;
  const report = createBacklogReport({
    sqs: engines.sqs,
    queueUrl: url,
    deadLetterQueueUrl: deadLetterUrl,
    meanPackSize: () => mean,
    registry,
    logger: log.logger,
    wallClock: () => time,
  });
  return {
    report,
    log,
    registry,
    advance: (seconds: number) => (time += seconds * 1_000),
    setMean: (packSize: number) => (mean = packSize),
    async send(count: number, queueUrl = url) {
      for (let index = 0; index < count; index += 1) {
        await engines.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" }));
      }
    },
    receive: (count: number) =>
      engines.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: count })),
    purge: () => engines.sqs.send(new PurgeQueueCommand({ QueueUrl: url })),
    deadLetterUrl,
  };
}

t.test("messages are counted, people estimated, and both told apart", async (t) => {
  const { report, send, receive, setMean, deadLetterUrl } = await prepare();
  await send(7);
  await send(2, deadLetterUrl);
  await receive(3);
  setMean(40.25);
  t.same(await report(), {
    at: "2026-03-01T10:00:00.000Z",
    messages: 4,
    registrationsEstimate: 161,
    inFlight: 3,
    delayed: 0,
    deadLetterMessages: 2,
    drainPerSecond: null,
    etaSeconds: null,
  });
});

t.test("the drain is told from two looks, what is in flight included, and gives the time that is left", async (t) => {
  const { report, send, receive, setMean, advance, purge } = await prepare();
  setMean(100);
  await send(10);
  await report();
  advance(10);
  await receive(4);
  t.match(await report(), { drainPerSecond: 0, etaSeconds: null }, "received is not drained");
  await purge();
  await send(4);
  advance(60);
  t.match(await report(), { messages: 4, drainPerSecond: 10, etaSeconds: 40 });
});

t.test("a queue that grows has a negative drain and no end in sight", async (t) => {
  const { report, send, advance } = await prepare();
  await send(1);
  await report();
  await send(5);
  advance(5);
  t.match(await report(), { drainPerSecond: -1, etaSeconds: null });
});

t.test("an empty queue is drained in 0 seconds, and looking twice at the same moment is harmless", async (t) => {
  const { report } = await prepare();
  t.match(await report(), { messages: 0, etaSeconds: 0 });
  t.match(await report(), { messages: 0, drainPerSecond: null, etaSeconds: 0 });
});

t.test("what was seen is logged in one line and stays to be scraped", async (t) => {
  const { report, registry, log, send, setMean } = await prepare();
  setMean(3);
  await send(2);
  await report();
  t.match(log.records, [{ msg: "backlog", messages: 2, registrationsEstimate: 6 }]);
  const text = await registry.metrics();
  for (const line of [
    "turnout_queue_messages 2",
    "turnout_queue_registrations_estimate 6",
    "turnout_queue_in_flight 0",
    "turnout_dead_letter_queue_messages 0",
    "turnout_queue_drain_per_second 0",
    "turnout_queue_eta_seconds -1",
    "turnout_queue_looked_at_timestamp_seconds 1772359200",
  ]) {
    t.ok(text.split("\n").includes(line), line);
  }
});

t.test(
  "when SQS does not answer the task fails, so that the daemon posts it again, and keeps what it knew",
  async (t) => {
    const { report, registry, send } = await prepare();
    await send(2);
    await report();
    engines.sqsProxy.intervene(() => awsError("AccessDenied", "no", 403));
    await t.rejects(report(), { name: "AccessDenied" });
    t.match(await registry.metrics(), /^turnout_queue_messages 2$/m);
  },
);
