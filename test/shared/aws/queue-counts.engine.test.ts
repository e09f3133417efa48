import { ReceiveMessageCommand, SendMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { readQueueCounts, readVisibilityTimeoutSeconds } from "../../../shared/aws/queue-counts.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const { connection } = await startEngines(t);
const { sqs, queueUrl } = connection;

t.test("messages are counted by what is the matter with them", async (t) => {
  t.same(await readQueueCounts(sqs, queueUrl), { waiting: 0, inFlight: 0, delayed: 0 });
  for (const DelaySeconds of [0, 0, 0, 60]) {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x", DelaySeconds }));
  }
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 1 }));
  t.same(await readQueueCounts(sqs, queueUrl), { waiting: 2, inFlight: 1, delayed: 1 });
});

t.test("the visibility timeout is the queue's own", async (t) => {
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: "7" } }));
  t.equal(await readVisibilityTimeoutSeconds(sqs, queueUrl), 7);
});

t.test("a queue that does not exist is an error and not empty", async (t) => {
  await t.rejects(readQueueCounts(sqs, `${queueUrl}-none`), { name: "QueueDoesNotExist" });
});
