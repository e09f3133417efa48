import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import t from "tap";
import { waitUntilDrained, type DrainWaitOptions } from "../../../admin/audit/drain-wait.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { sqs, queueUrl, deadLetterQueueUrl } = connection;
const visibilitySeconds = 2;
await sqs.send(
  new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: String(visibilitySeconds) } }),
);

function wait(changes: Partial<DrainWaitOptions> = {}): Promise<boolean> {
  const { signal } = new AbortController();
  return waitUntilDrained({
    sqs,
    queueUrls: [queueUrl, deadLetterQueueUrl],
    timeoutSeconds: 30,
    heldPacks: async () => 0,
    signal,
    onPoll() {},
    ...changes,
  });
}

async function send(url: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "x" }));
}

async function receive(url: string) {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 5 }));
  return { QueueUrl: url, ReceiptHandle: Messages[0]?.ReceiptHandle };
}

t.test("empty queues are drained, once they stayed so for longer than a message can be hidden", async (t) => {
  const began = performance.now();
  t.equal(await wait(), true);
  t.ok(performance.now() - began > visibilitySeconds * 1_000);
});

t.test("what a worker holds is waited for", async (t) => {
  await send(queueUrl);
  const held = await receive(queueUrl);
  // As the worker's heartbeat does.
  await sqs.send(new ChangeMessageVisibilityCommand({ ...held, VisibilityTimeout: 60 }));
  let mostInFlight = 0;
  const waiting = wait({ onPoll: ({ inFlight }) => (mostInFlight = Math.max(mostInFlight, inFlight)) });
  t.equal(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 3_000, "waits"))]), "waits");
  await sqs.send(new DeleteMessageCommand(held));
  t.equal(await waiting, true);
  t.equal(mostInFlight, 1);
});

for (const [name, url] of Object.entries({ queueUrl, deadLetterQueueUrl })) {
  t.test(`control: with a message on ${name} it is not drained, and the message is still there`, async (t) => {
    await send(url);
    t.equal(await wait({ timeoutSeconds: 3 }), false);
    const found = await receive(url);
    t.ok(found.ReceiptHandle);
    await sqs.send(new DeleteMessageCommand(found));
  });
}

t.test("while a worker says that it holds a pack, empty queues are not drained", async (t) => {
  const asked: number[] = [];
  const heldPacks = async (sinceMs: number) => {
    asked.push(sinceMs);
    return asked.length === 1 ? 1 : 0;
  };
  t.equal(await wait({ heldPacks }), true);
  t.equal(asked.length, 2, "asked again after another quiet time");
  for (const sinceMs of asked) t.ok(sinceMs > visibilitySeconds * 1_000);
  t.equal(await wait({ heldPacks: async () => 1, timeoutSeconds: 3 * visibilitySeconds }), false);
});

t.test(
  "a message that is in flight with a worker that has stopped is not drained, and not received again",
  async (t) => {
    await send(queueUrl);
    await receive(queueUrl);
    t.equal(await wait({ timeoutSeconds: 3 * visibilitySeconds }), false);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        WaitTimeSeconds: 5,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      }),
    );
    t.match(Messages, [{ Attributes: { ApproximateReceiveCount: "2" } }], "by that worker and by this test");
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));
  },
);

t.test("without time to wait nothing is certain", async (t) => {
  t.equal(await wait({ timeoutSeconds: 0 }), false);
});

t.test("a wait can be stopped", async (t) => {
  await send(queueUrl);
  const stop = new AbortController();
  const waiting = wait({ signal: stop.signal, onPoll: () => stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "")) });
  await t.rejects(waiting, { code: "TURNOUT_INTERRUPTED" });
  await sqs.send(new DeleteMessageCommand(await receive(queueUrl)));
});
