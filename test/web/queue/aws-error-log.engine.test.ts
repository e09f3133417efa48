import { BatchGetCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { aroundCall, createAwsErrorLog } from "../../../web/queue/aws-error-log.ts";
import { createPackSender } from "../../../web/queue/pack-sender.ts";
import { countMessages } from "../../../shared/aws/queue-counts.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const [error, warn] = [50, 40];

async function prepare() {
  const { logger, records } = recordLog();
  const clock = createManualClock();
  const options = { logger, construct: "Roles/WebRole", now: clock.now };
  const bounds = { requestTimeoutMs: 300, maxAttempts: 2 };
  const [sqs, documents] = [engines.createSqs(bounds), engines.createDocuments(bounds)];
  sqs.middlewareStack.add(createAwsErrorLog("sqs", options), aroundCall);
  documents.middlewareStack.add(createAwsErrorLog("dynamodb", options), aroundCall);
  const { url } = await engines.createQueue();
  const tables = [await engines.createTable(), await engines.createTable("id")] as const;
  const read = (names: readonly string[] = tables) =>
    documents.send(
      new BatchGetCommand({
        RequestItems: Object.fromEntries(
          names.map((name, index) => [name, { Keys: [{ [index === 0 ? "email" : "id"]: "ada@example.org" }] }]),
        ),
      }),
    );
  return {
    records,
    clock,
    url,
    tables,
    send: (queueUrl = url) => createPackSender(sqs, queueUrl)("{}", 1),
    probe: (queueUrl = url) => countMessages(sqs, queueUrl),
    read,
  };
}

t.test("what works is not logged", async (t) => {
  const { send, probe, read, records } = await prepare();
  await Promise.all([send(), probe(), read()]);
  t.same(records, []);
});

t.test("a denied call names the action, the resource and the construct, with AWS's own words", async (t) => {
  const { send, probe, read, records, url, tables } = await prepare();
  const said = "User: arn:aws:sts::1:assumed-role/web is not authorized to perform this";
  engines.sqsProxy.intervene(() => awsError("AccessDenied", said, 403));
  await t.rejects(send(), { name: "AccessDenied" }, "and who waits gets the error as it is");
  await t.rejects(probe());
  const onTable = `${said} on resource: arn:aws:dynamodb:eu-central-1:1:table/${tables[1]} because nobody allowed it`;
  engines.dynamoDbProxy.intervene(() => awsError("AccessDeniedException", onTable));
  await t.rejects(read());
  t.match(records, [
    { level: error, kind: "access-denied", action: "sqs:SendMessage", resource: url, count: 1 },
    { level: error, kind: "access-denied", action: "sqs:GetQueueAttributes", resource: url },
    { level: error, kind: "access-denied", action: "dynamodb:BatchGetItem", resource: tables[1] },
  ]);
  for (const { message } of records)
    t.match(message, /^access-denied: allow \S+ on \S+ in Roles\/WebRole \(.*assumed-role/);
});

t.test("a wrong name of a queue or a table is told", async (t) => {
  const { send, probe, read, records, url, tables } = await prepare();
  await t.rejects(send(`${url}-typo`));
  await t.rejects(probe(`${url}-typo`));
  await t.rejects(read([tables[0], "typo"]));
  t.match(records, [
    { level: error, kind: "missing-resource", action: "sqs:SendMessage", resource: `${url}-typo` },
    { level: error, kind: "missing-resource", action: "sqs:GetQueueAttributes", resource: `${url}-typo` },
    { level: error, kind: "missing-resource", action: "dynamodb:BatchGetItem", resource: /typo/ },
  ]);
  for (const { message } of records) t.match(message, /does not exist; deploy the construct Data/);
});

t.test("throttling and an endpoint that does not answer are told, as what may pass", async (t) => {
  const { send, read, records, url, tables } = await prepare();
  engines.sqsProxy.intervene(() => "swallow");
  await t.rejects(send());
  engines.dynamoDbProxy.intervene(() => awsError("ThrottlingException"));
  await t.rejects(read());
  const keys = { [tables[0]]: { Keys: [{ email: { S: "ada@example.org" } }] } };
  engines.dynamoDbProxy.intervene(() => ({ answer: { Responses: {}, UnprocessedKeys: keys } }));
  await read();
  t.match(records, [
    { level: warn, kind: "unreachable", action: "sqs:SendMessage", resource: url },
    { level: warn, kind: "throttled", action: "dynamodb:BatchGetItem", resource: tables.join() },
    { level: warn, kind: "throttled", resource: tables[0], message: /unprocessed/ },
  ]);
  t.notMatch(JSON.stringify(records), /ada@/);
});

t.test("a storm of one error is one line at once and then one every ten seconds, and drowns no other", async (t) => {
  const { send, probe, records, clock } = await prepare();
  engines.sqsProxy.intervene(() => awsError("AccessDenied", "no", 403));
  for (let round = 0; round < 2; round += 1) {
    for (let call = 0; call < 20; call += 1) await t.rejects(send());
    clock.advance(10_000);
  }
  await t.rejects(probe());
  await t.rejects(send());
  t.match(records, [
    { action: "sqs:SendMessage", count: 1 },
    { action: "sqs:SendMessage", count: 20 },
    { action: "sqs:GetQueueAttributes", count: 1 },
    { action: "sqs:SendMessage", count: 20 },
  ]);
  t.equal(records.length, 4);
});
