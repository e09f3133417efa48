import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { Registry } from "prom-client";
import { t } from "../equipment/file-test.ts";
import { estimateBacklog, type Backlog } from "../../shared/activity/estimate.ts";
import { createBacklogReport } from "../../worker/backlog-report.ts";
import { awsError } from "../equipment/aws-proxy.ts";
import { startEngines } from "../equipment/engines.ts";
import { recordLog } from "../equipment/recorded-log.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

async function prepare() {
  const { url, deadLetterUrl } = await engines.createQueue();
  const registry = new Registry();
  const log = recordLog();
  const time = Date.parse("2026-03-01T10:00:00.000Z");
  const estimates: Partial<Backlog>[] = [];
  const asked: number[] = [];
  const report = createBacklogReport({
    sqs: engines.sqs,
    queueUrl: url,
    deadLetterQueueUrl: deadLetterUrl,
    async estimate(messages) {
      asked.push(messages);
      return { ...estimateBacklog(messages, [], time), ...estimates.shift() };
    },
    registry,
    logger: log.logger,
    wallClock: () => time,
  });
  return {
    report,
    log,
    registry,
    estimates,
    asked,
    async send(count: number, queueUrl = url) {
      for (let index = 0; index < count; index += 1) {
        await engines.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" }));
      }
    },
    receive: (count: number) =>
      engines.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: count })),
    deadLetterUrl,
  };
}

t.test("messages are SQS's, people, pace and wait those of the activity of all processes", async (t) => {
  const { report, send, receive, estimates, asked, deadLetterUrl } = await prepare();
  await send(7);
  await send(2, deadLetterUrl);
  await receive(3);
  estimates.push({ people: 1_610, atLeast: false, drainPerSecond: 23, etaSeconds: 70 });
  t.same(await report(), {
    at: "2026-03-01T10:00:00.000Z",
    messages: 4,
    registrationsEstimate: 1_610,
    inFlight: 3,
    delayed: 0,
    deadLetterMessages: 2,
    drainPerSecond: 23,
    etaSeconds: 70,
  });
  t.same(asked, [7], "what is in flight waits as well");
});

t.test("a lower bound is said to be one", async (t) => {
  const { report, estimates } = await prepare();
  estimates.push({ people: 5, atLeast: true });
  t.match(await report(), { registrationsEstimate: 5, atLeast: true });
});

t.test("what was seen is logged in one line and stays to be scraped", async (t) => {
  const { report, registry, log, send, estimates } = await prepare();
  estimates.push({ people: 6 });
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
    "turnout_queue_polled_at_timestamp_seconds 1772359200",
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
