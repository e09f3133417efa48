import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { countMessages } from "../../../shared/aws/queue-counts.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

t.test("what waits and what is being worked on is counted together", async (t) => {
  const { url } = await engines.createQueue();
  t.equal(await countMessages(engines.sqs, url), 0);
  for (let sent = 0; sent < 5; sent += 1) {
    await engines.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "x" }));
  }
  await engines.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 2 }));
  t.same(await engines.counts(url), { waiting: 3, inFlight: 2 });
  t.equal(await countMessages(engines.sqs, url), 5);
});

t.test("a queue that is missing, denied or does not answer is an error, not an empty queue", async (t) => {
  const { url } = await engines.createQueue();
  await t.rejects(countMessages(engines.sqs, `${url}-that-is-not-there`), { name: "QueueDoesNotExist" });
  engines.sqsProxy.intervene(() => awsError("AccessDenied", "no", 403));
  await t.rejects(countMessages(engines.sqs, url), { name: "AccessDenied" });
  engines.sqsProxy.intervene(() => "swallow");
  const shortTimeout = engines.createSqs({ requestTimeoutMs: 200, maxAttempts: 1 });
  await t.rejects(countMessages(shortTimeout, url), { name: "TimeoutError" });
});
