/** The whole worker with mails, on the embedded engines; SES does as the test says. */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import { readEnv } from "../../../shared/process/environment.ts";
import { createRegistry } from "../../../shared/process/metrics.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { createReceipts, parseReceiptKeys } from "../../../shared/registration/receipts.ts";
import { encodePack } from "../../../shared/registration/registration-pack.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { WorkerConfig } from "../../../worker/config.ts";
import { createWorker } from "../../../worker/worker.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";
import { people, somebody } from "../../equipment/people.ts";
import { recordLog } from "../../equipment/recorded-log.ts";
import { createSes, sesError } from "./mail-stage.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

const receiptKeys = `k1:${Buffer.alloc(32, 7).toString("base64")}`;
const event = parseEvent({
  name: "Summit",
  description: "A day.",
  opensAt: "2026-01-01T09:00:00+01:00",
  closesAt: "2035-12-31T18:00:00+01:00",
  timeZone: "Europe/Berlin",
  fields: [],
});

async function prepare() {
  const queue = await engines.createQueue({ visibilityTimeoutSeconds: 6, maxReceiveCount: 3 });
  const mails = await engines.createQueue({ visibilityTimeoutSeconds: 6, maxReceiveCount: 3 });
  const tables = {
    REGISTRATIONS_TABLE: await engines.createTable(),
    DEAD_LETTERS_TABLE: await engines.createTable("id"),
    OUTCOMES_TABLE: await engines.createTable("id"),
    ACTIVITY_TABLE: await engines.createTable("bucket"),
    MAILS_TABLE: await engines.createTable("id"),
  };
  const config = readEnv(WorkerConfig, {
    AWS_REGION: "eu-central-1",
    QUEUE_URL: queue.url,
    DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
    ...tables,
    MAIL_FROM: "Summit <tickets@summit.example.org>",
    MAIL_QUEUE_URL: mails.url,
    PUBLIC_URL: "https://summit.example.org",
    RECEIPT_KEYS: receiptKeys,
    MAILS_PER_SECOND: "5000",
    POLLERS: "2",
    RECEIVE_WAIT_SECONDS: "1",
    VISIBILITY_TIMEOUT_SECONDS: "6",
    STOP_DEADLINE_SECONDS: "5",
  });
  const ses = createSes();
  const registry = createRegistry("worker");
  const worker = createWorker({
    config,
    sqs: engines.createSqs({ requestTimeoutMs: 4_000, maxAttempts: 1 }),
    documents: engines.createDocuments({ requestTimeoutMs: 4_000, maxAttempts: 1 }),
    registry,
    logger: recordLog().logger,
    mail: { ses: ses.client, event, sendToReserved: true },
  });
  const isEmpty = async (url: string) => {
    const { waiting, inFlight } = await engines.counts(url);
    return waiting + inFlight === 0;
  };
  return {
    worker,
    ses,
    queue,
    mails,
    metrics: () => registry.metrics(),
    send: (registrations: readonly Registration[]) =>
      engines.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: encodePack(registrations) })),
    isDrained: async () => (await isEmpty(queue.url)) && (await isEmpty(mails.url)),
    isStored: () => isEmpty(queue.url),
    stored: () => engines.items(tables.REGISTRATIONS_TABLE),
    mailItems: () => engines.items(tables.MAILS_TABLE),
  };
}

t.test("who registers gets a mail with a link that claims the mailbox; a second time, the owner is told", async (t) => {
  const { worker, ses, send, isDrained, metrics, mailItems } = await prepare();
  const all = people(120);
  const owner = all[0]!;
  await send(all);
  worker.start();
  await eventually(() => ses.sentTo("confirmed").length === 120, "everybody has a confirmation");
  await send([somebody({ email: owner.email, name: "Somebody else" })]);
  await eventually(() => ses.sentTo("already-registered").length === 1, "the owner is told");
  await eventually(isDrained, "all is drained");
  t.equal(new Set(ses.sentTo("confirmed")).size, 120);

  const notice = ses.calls.find(({ kind }) => kind === "already-registered");
  t.same(notice?.addresses, [owner.email]);
  const [, receipt = ""] = /^https:\/\/summit\.example\.org\/registrations\/(.+)$/.exec(notice?.links[0] ?? "") ?? [];
  t.same(createReceipts(parseReceiptKeys(receiptKeys)).open(receipt), {
    email: owner.email,
    registrationId: owner.id,
    submittedAt: owner.submittedAt,
    mailbox: true,
  });
  t.notMatch(JSON.stringify(await mailItems()), /person-\d|@/, "the table lists nobody's address");
  const text = await metrics();
  t.match(text, /turnout_mails_total\{[^}]*outcome="sent"[^}]*\} 121/);
  t.match(text, /turnout_mails_posted_total(\{[^}]*\})? 121/);
  t.same(worker.health(), { status: "ok", causes: [], mail: { status: "ok", causes: [] } });
  await worker.stop();
});

t.test("trouble at SES stops no registration, is told, and makes no instance unhealthy", async (t) => {
  const { worker, ses, send, isStored, isDrained, stored } = await prepare();
  ses.answer(() => {
    throw sesError("SendingPausedException");
  });
  await send(people(50));
  worker.start();
  await eventually(() => worker.health().mail?.status === "paused", "the pause is told");
  await send(people(50));
  await eventually(isStored, "all are stored");
  t.equal((await stored()).length, 100);
  t.match(worker.health(), { status: "ok", causes: [], mail: { causes: [/^mail sends: paused: /] } });
  ses.answer();
  await eventually(() => ses.sentTo().length === 100, "then all are sent", 20_000);
  await eventually(isDrained, "all is drained");
  await worker.stop();
});

t.test("while the mail queue takes nothing, registrations wait, stored, and no mail is forgotten", async (t) => {
  const { worker, ses, send, isDrained, queue, mails, stored } = await prepare();
  let denied = true;
  engines.sqsProxy.intervene(({ operation, input }) =>
    denied && operation === "SendMessage" && input.QueueUrl === mails.url
      ? awsError("AccessDenied", "no", 403)
      : undefined,
  );
  await send(people(60));
  worker.start();
  await eventually(() => worker.health().status === "unhealthy", "it is told");
  t.match(worker.health().causes, [/^mail queue sends: access-denied: allow sqs:SendMessage/]);
  const beganAt = performance.now();
  await eventually(() => performance.now() - beganAt > 8_000, "longer than the visibility");
  t.equal((await stored()).length, 60);
  t.same(await engines.counts(queue.deadLetterUrl), { waiting: 0, inFlight: 0 });
  denied = false;
  await eventually(() => ses.sentTo().length === 60, "all get their mail", 20_000);
  await eventually(isDrained, "all is drained");
  await worker.stop();
});

t.test("a stop puts back the mails that are not sent, and ends in time", async (t) => {
  const { worker, ses, send, mails } = await prepare();
  ses.answer(() => {
    throw sesError("SendingPausedException");
  });
  await send(people(100));
  worker.start();
  await eventually(() => worker.health().mail?.status === "paused", "it is told");
  const beganAt = performance.now();
  await worker.stop();
  t.ok(performance.now() - beganAt < 30_000);
  const { waiting, inFlight } = await engines.counts(mails.url);
  t.ok(waiting > 0);
  t.equal(inFlight, 0, "nothing is left hidden");
});
