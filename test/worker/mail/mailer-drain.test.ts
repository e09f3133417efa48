import { encodeMailRequest, joinMailPack } from "../../../shared/mail/mail-pack.ts";
import t from "tap";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";
import { people } from "../../equipment/people.ts";
import { awsError } from "../../equipment/aws-proxy.ts";
import {
  addressesOf,
  allSent,
  confirmationOf,
  createSes,
  prepareMailer,
  sesError,
  type SesAnswer,
} from "./mail-stage.ts";

const engines = await startEngines(t);

// These tests wait more than they work, each on its own queue and tables.
t.jobs = 4;

t.test(
  "a full pack at a slow rate is sent over several deadlines and never nears the dead letters",
  { buffered: true },
  async (t) => {
    const mailer = await prepareMailer(engines, { ratePerSecond: 100, deadlineMs: 300, maxReceiveCount: 2 });
    const all = people(250);
    await mailer.store(all);
    await mailer.send(all.map(confirmationOf));
    mailer.drain.start();
    const beganAt = performance.now();
    await eventually(async () => (await mailer.records()).size === 250, "all are recorded", 30_000);
    t.ok(performance.now() - beganAt > 1_400, "no faster than the rate allows");
    t.ok(mailer.reposted() >= 250, `put back ${mailer.reposted()} times`);
    await eventually(mailer.isEmpty, "the queue is empty");
    t.equal(mailer.ses.sentTo().length, 250);
    t.equal(new Set(mailer.ses.sentTo()).size, 250);
    t.same(await mailer.deadLetters(), { waiting: 0, inFlight: 0 });
    await mailer.drain.stop();
  },
);

interface Trouble {
  readonly name: string;
  readonly answer: SesAnswer;
}

const refused: SesAnswer = () => {
  throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
};
const failing = (name: string, message?: string, status?: number): SesAnswer => {
  return () => {
    throw sesError(name, message, status);
  };
};
const quotaExceeded: SesAnswer = (input) => addressesOf(input).map(() => ({ Status: "ACCOUNT_DAILY_QUOTA_EXCEEDED" }));

const troubles: Trouble[] = [
  {
    name: "SES throttles everything",
    answer: failing("TooManyRequestsException", "Maximum sending rate exceeded.", 429),
  },
  { name: "the daily quota is used up", answer: quotaExceeded },
  { name: "sending is paused for the account", answer: failing("SendingPausedException") },
  { name: "SES is out of reach", answer: refused },
  { name: "the role may not send", answer: failing("AccessDeniedException", "not authorized", 403) },
];

for (const { name, answer } of troubles) {
  t.test(`while ${name}, mails are held; then all are sent, each once`, { buffered: true }, async (t) => {
    const mailer = await prepareMailer(engines, { maxReceiveCount: 2, standstillMs: 100, deadlineMs: 2_000 });
    const all = people(300);
    await mailer.store(all);
    mailer.ses.answer(answer);
    await mailer.send(all.map(confirmationOf));
    mailer.drain.start();
    await eventually(() => mailer.breakers.sends.state !== "closed", "the circuit opens", 20_000);
    const callsBefore = mailer.ses.calls.length;
    const beganAt = performance.now();
    // Longer than maxReceiveCount times the visibility.
    await eventually(() => performance.now() - beganAt > 13_000, "a long while", 30_000);
    t.ok(mailer.breakers.sends.systemError?.message);
    t.same(await mailer.deadLetters(), { waiting: 0, inFlight: 0 });
    await eventually(() => mailer.ses.calls.length > callsBefore, "now and then one call asks");
    t.equal((await mailer.records()).size, 0);
    mailer.ses.answer();
    await eventually(async () => (await mailer.records()).size === 300, "all are recorded", 30_000);
    await eventually(mailer.isEmpty, "the queue is empty", 20_000);
    t.equal(mailer.ses.sentTo().length, 300);
    t.equal(new Set(mailer.ses.sentTo()).size, 300);
    t.same(await mailer.deadLetters(), { waiting: 0, inFlight: 0 });
    await mailer.drain.stop();
  });
}

t.test("while the account says that it may not send, nothing is tried with a mail", { buffered: true }, async (t) => {
  const mailer = await prepareMailer(engines);
  await mailer.store(people(1));
  const all = people(3);
  await mailer.store(all);
  mailer.ses.answer(quotaExceeded);
  mailer.ses.account(() => ({ SendQuota: { Max24HourSend: 200, SentLast24Hours: 200, MaxSendRate: 1 } }));
  await mailer.send(all.map(confirmationOf));
  mailer.drain.start();
  await eventually(() => mailer.ses.accountReads() > 10, "the account is asked again and again");
  t.equal(mailer.ses.calls.length, 1);
  t.match(mailer.breakers.sends.systemError, { message: /quota of 200 mails/ });
  mailer.ses.answer();
  mailer.ses.account(() => ({ SendQuota: { Max24HourSend: 200, SentLast24Hours: 17, MaxSendRate: 1 } }));
  await eventually(() => mailer.ses.sentTo().length === 3, "they are sent");
  await mailer.drain.stop();
});

t.test(
  "an SES whose answers get lost while the account works gets a mail twice, and then it counts as sent",
  { buffered: true },
  async (t) => {
    const mailer = await prepareMailer(engines);
    const all = people(40);
    await mailer.store(all);
    let sends = 0;
    mailer.ses.answer(() => {
      sends += 1;
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    });
    t.equal(await mailer.process(all.map(confirmationOf)), true);
    t.equal(sends, 2);
    t.equal(mailer.reposted(), 0, "it may have arrived, so it is not tried later either");
    const records = [...(await mailer.records()).values()];
    t.equal(records.length, 40);
    for (const record of records) t.match(record, { outcome: "sent", detail: "SES did not say whether it was sent" });
    t.equal(mailer.breakers.sends.state, "closed", "and the circuit does not stay open with nobody to close it");
    const [message] = await engines.take(mailer.queue.url);
    t.equal(message, undefined, "not at once");
  },
);

t.test("what fails by itself is tried again later, and given up after many tries", { buffered: true }, async (t) => {
  const { mailer, ses, store, records, reposted } = await prepareMailer(engines);
  const all = people(3);
  await store(all);
  ses.answer((input) =>
    addressesOf(input).map((address) => ({
      Status: address === all[1]!.email ? "TRANSIENT_FAILURE" : "SUCCESS",
      Error: "mailbox moved",
    })),
  );
  const message = (requests: readonly (typeof all)[number][], tries: number) => ({
    Body: joinMailPack(requests.map((one) => encodeMailRequest(confirmationOf(one)))),
    MessageAttributes: { tries: { DataType: "Number", StringValue: String(tries) } },
  });
  t.equal(await mailer.process(message(all, 0)), true);
  t.equal((await records()).size, 2);
  t.equal(reposted(), 1);
  t.equal(await mailer.process(message([all[1]!], 19)), true);
  t.equal(reposted(), 1);
  t.match((await records()).get(`confirmed/${all[1]!.id}`), {
    outcome: "rejected",
    detail: /given up .* TRANSIENT_FAILURE: mailbox moved/,
  });
});

t.test("while the mails table is denied nothing is sent, and nothing is lost", { buffered: true }, async (t) => {
  const mailer = await prepareMailer(engines, { maxReceiveCount: 2 });
  const all = people(300);
  await mailer.store(all);
  let denied = true;
  engines.dynamoDbProxy.intervene(({ input }) =>
    denied && JSON.stringify(input).includes(mailer.mailsTable)
      ? awsError("AccessDeniedException", "not authorized", 400)
      : undefined,
  );
  await mailer.send(all.map(confirmationOf));
  mailer.drain.start();
  await eventually(() => mailer.breakers.table.state !== "closed", "the circuit opens");
  const beganAt = performance.now();
  await eventually(() => performance.now() - beganAt > 3_000, "a while");
  t.same(mailer.ses.calls, []);
  denied = false;
  await eventually(async () => (await mailer.records()).size === 300, "all are recorded", 30_000);
  await eventually(mailer.isEmpty, "the queue is empty");
  t.equal(mailer.ses.sentTo().length, 300);
  t.same(await mailer.deadLetters(), { waiting: 0, inFlight: 0 });
  await mailer.drain.stop();
});

t.test("throttled now and then, it slows down and goes on", { buffered: true }, async (t) => {
  const mailer = await prepareMailer(engines, { ratePerSecond: 400 });
  const all = people(250);
  await mailer.store(all);
  let calls = 0;
  mailer.ses.answer((input) => {
    calls += 1;
    if (calls === 2) throw sesError("TooManyRequestsException", "Maximum sending rate exceeded.", 429);
    if (calls === 4)
      return addressesOf(input).map((_, index) => ({ Status: index < 5 ? "SUCCESS" : "ACCOUNT_THROTTLED" }));
    return allSent(input);
  });
  t.equal(await mailer.process(all.map(confirmationOf)), true);
  t.equal(mailer.ses.sentTo().length, 250);
  t.equal(new Set(mailer.ses.sentTo()).size, 250);
  t.ok(mailer.rate.current() < 400);
  t.equal(mailer.breakers.sends.state, "closed");
});

t.test("stopped while SES is out of reach, it puts back what it holds and ends", { buffered: true }, async (t) => {
  const mailer = await prepareMailer(engines, { maxReceiveCount: 2 });
  const all = people(250);
  await mailer.store(all);
  mailer.ses.answer(refused);
  await mailer.send(all.map(confirmationOf));
  mailer.drain.start();
  await eventually(() => mailer.breakers.sends.state !== "closed", "the circuit opens");
  mailer.delivery.close();
  await mailer.drain.stop();
  t.equal(mailer.reposted(), 250);

  const next = await prepareMailer(engines, { stage: mailer, ses: createSes() });
  next.drain.start();
  await eventually(async () => (await next.records()).size === 250, "the next one sends them", 20_000);
  t.equal(next.ses.sentTo().length, 250);
  await next.drain.stop();
});
