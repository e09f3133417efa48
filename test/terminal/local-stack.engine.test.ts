import { t } from "../equipment/file-test.ts";
import { createSqsClient } from "../../shared/aws/aws-clients.ts";
import {
  defaultPorts,
  findLocalMail,
  findLocalQueues,
  localStack,
  LocalStackConfig,
  localUrl,
} from "../../terminal/local-stack.ts";
import { LocalConfig } from "../../local/config.ts";
import { findFreePort } from "../../local/ports.ts";
import {
  activityTable,
  controlsTable,
  deadLetterQueueName,
  deadLettersTable,
  mailsTable,
  outcomesTable,
  queueName,
  registrationsTable,
} from "../../local/provision.ts";
import { embeddedCredentials } from "../../local/tier-environment.ts";
import { readEnv } from "../../shared/process/environment.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { startMailEngine } from "../equipment/mail-engine.ts";

t.test("ports and names are those that npm start uses", async (t) => {
  t.match(readEnv(LocalConfig, {}), defaultPorts);
  t.same(Object.keys(LocalStackConfig.properties), Object.keys(defaultPorts));
  t.match(localStack, {
    queueName,
    deadLetterQueueName,
    registrationsTable,
    deadLettersTable,
    outcomesTable,
    activityTable,
    controlsTable,
    mailsTable,
  });
  t.same(localStack.credentials, embeddedCredentials);
});

t.test("the queues of a stack that runs are found, with the host at which it answers", async (t) => {
  const { connection, stack } = await startEngines(t);
  const queues = await findLocalQueues(connection.sqs, stack.urls.sqs ?? "");
  t.equal(queues?.queueUrl, stack.environment.QUEUE_URL);
  t.equal(queues?.deadLetterQueueUrl, stack.environment.DEAD_LETTER_QUEUE_URL);
});

t.test("queue and table of mails are found where an SES runs, which is where mails are sent", async (t) => {
  const { connection, stack } = await startEngines(t);
  t.equal(connection.mailQueueUrl, undefined);
  t.equal(connection.mailsTable, undefined);
  const { url } = await startMailEngine(t);
  const { region, credentials } = localStack;
  const endpoint = stack.urls.sqs ?? "";
  const sqs = createSqsClient({ region, endpoint, credentials, requestTimeoutMs: 5_000, maxAttempts: 1 });
  t.teardown(() => sqs.destroy());
  const mail = await findLocalMail(sqs, endpoint, url);
  t.match(mail, { mailQueueUrl: /\/mails$/, mailsTable });
});

t.test("where none runs, none is found", async (t) => {
  const endpoint = localUrl(await findFreePort());
  const { region, credentials } = localStack;
  const sqs = createSqsClient({ region, credentials, endpoint, requestTimeoutMs: 2_000, maxAttempts: 1 });
  t.teardown(() => sqs.destroy());
  t.equal(await findLocalQueues(sqs, endpoint), undefined);
});
