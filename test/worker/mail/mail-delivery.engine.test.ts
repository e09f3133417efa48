import { t } from "../../equipment/file-test.ts";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { encodeMailRequest, joinMailPack, type MailRequest } from "../../../shared/mail/mail-pack.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { createMailsTable } from "../../../worker/mail/mails-table.ts";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";
import { people, somebody } from "../../equipment/people.ts";
import {
  addressesOf,
  allSent,
  confirmationOf,
  createSes,
  prepareMailer,
  sesError,
  type SesAnswer,
  type StageOptions,
} from "./mail-stage.ts";

const engines = await startEngines(t);

type Stage = Awaited<ReturnType<typeof prepareMailer>>;

const lost: SesAnswer = () => {
  throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
};
const failing: SesAnswer = (input) => addressesOf(input).map(() => ({ Status: "TRANSIENT_FAILURE", Error: "later" }));

function erase({ registrationsTable }: Stage, { email, id }: Registration) {
  const Item = createTombstone(email, "erased", id, Date.now());
  return engines.documents.send(new PutCommand({ TableName: registrationsTable, Item }));
}

async function outcomes({ records }: Stage): Promise<Record<string, unknown>> {
  return Object.fromEntries(Array.from(await records(), ([id, { outcome }]) => [id, outcome]));
}

t.test("a mail in doubt is sent twice in all, over however many deliveries", async (t) => {
  /** A worker that stops after one send in doubt, and another one. @returns how often the mail was sent */
  async function sendsOver(keepAttributes: boolean): Promise<number> {
    const ses = createSes();
    const first = await prepareMailer(engines, { ses });
    const ada = somebody();
    await first.store([ada]);
    ses.answer((input) => {
      first.delivery.close();
      return lost(input);
    });
    t.equal(await first.process([confirmationOf(ada)]), true);
    t.equal(ses.calls.length, 1);
    const [message] = await engines.take(first.queue.url);
    ses.answer(lost);
    const next = await prepareMailer(engines, { ses, stage: first });
    const { MessageAttributes, ...bare } = message!;
    t.match(MessageAttributes, { doubts: { StringValue: "1" } });
    t.equal(await next.mailer.process({ ...bare, ...(keepAttributes && { MessageAttributes }) }), true);
    t.match([...(await next.records()).values()], [{ outcome: "sent", detail: "SES did not say whether it was sent" }]);
    t.equal(await next.process([confirmationOf(ada)]), true);
    return ses.calls.length;
  }
  t.equal(await sendsOver(true), 2);
  t.equal(await sendsOver(false), 3, "control: a message that does not tell of the doubt");
});

t.test("a mail that is held while SES is paused is not sent to somebody who was erased meanwhile", async (t) => {
  const ses = createSes();
  let paused = true;
  ses.answer((input) => {
    if (paused) throw sesError("SendingPausedException");
    return allSent(input);
  });
  ses.account(() => ({ SendingEnabled: !paused }));
  const stage = await prepareMailer(engines, { ses });
  const [erased, standing] = [somebody(), somebody()];
  await stage.store([erased, standing]);
  const done = stage.process([erased, standing].map(confirmationOf));
  await eventually(() => ses.accountReads() > 1, "the account is asked");
  await erase(stage, erased);
  paused = false;
  t.equal(await done, true);
  t.same(ses.sentTo(), [standing.email], "control: the other one was held as well, and is sent");
  t.same(await outcomes(stage), { [`confirmed/${erased.id}`]: "obsolete", [`confirmed/${standing.id}`]: "sent" });
});

t.test("a mail that waits for the rate is decided again by what holds when it is sent", async (t) => {
  async function sentWith(options: StageOptions): Promise<readonly [Registration[], string[]]> {
    const stage = await prepareMailer(engines, { ratePerSecond: 1, ...options });
    const all = people(2);
    await stage.store(all);
    stage.ses.answer(async (input) => {
      // Those that wait are erased while the first is sent.
      for (const one of all) if (!addressesOf(input).includes(one.email)) await erase(stage, one);
      return allSent(input);
    });
    t.equal(await stage.process(all.map(confirmationOf)), true);
    return [all, stage.ses.sentTo()];
  }
  const [all, sent] = await sentWith({ factsFreshMs: 500 });
  t.same(sent, [all[0]!.email]);
  const [, control] = await sentWith({ factsFreshMs: Infinity });
  t.equal(control.length, 2, "control: a mailer that trusts what it read before");
});

t.test("a mail that was never sent does not use up its address's day", async (t) => {
  async function secondAfter(options: StageOptions, together: boolean): Promise<unknown> {
    const stage = await prepareMailer(engines, options);
    const first = somebody();
    await stage.store([first]);
    stage.ses.answer(failing);
    t.equal(await stage.process([confirmationOf(first)]), true);
    // Withdrawn, and registered again.
    const second = somebody({ email: first.email });
    await stage.store([second]);
    stage.ses.answer();
    const requests = [first, second].map(confirmationOf);
    for (const pack of together ? [requests] : requests.map((one) => [one])) t.equal(await stage.process(pack), true);
    const found = await outcomes(stage);
    t.equal(found[`confirmed/${first.id}`], "obsolete");
    return found[`confirmed/${second.id}`];
  }
  t.equal(await secondAfter({}, false), "sent");
  t.equal(await secondAfter({}, true), "sent", "in one message");
  const makeTable: StageOptions["makeTable"] = (options) => ({
    ...createMailsTable(options),
    freeTurns: () => Promise.resolve(),
  });
  t.equal(await secondAfter({ makeTable }, false), "limited", "control: a table that keeps the turn");
});

t.test("a mail is not limited by another that waits to be sent and never is", async (t) => {
  const stage = await prepareMailer(engines);
  const first = somebody();
  await stage.store([first]);
  stage.ses.answer(failing);
  t.equal(await stage.process([confirmationOf(first)]), true);
  const second = somebody({ email: first.email });
  await stage.store([second]);
  stage.ses.answer();
  const before = stage.reposted();
  t.equal(await stage.process([confirmationOf(second)]), true);
  t.same(await outcomes(stage), {}, "the first may still be sent or not");
  t.equal(stage.reposted(), before + 1);
  t.equal(await stage.process([confirmationOf(first)]), true);
  t.equal(await stage.process([confirmationOf(second)]), true);
  t.same(await outcomes(stage), { [`confirmed/${first.id}`]: "obsolete", [`confirmed/${second.id}`]: "sent" });
});

t.test("a mail that is given up frees the day as well, one that may have been sent does not", async (t) => {
  async function nextAfter(doubts: number): Promise<unknown> {
    const stage = await prepareMailer(engines);
    const ada = somebody();
    await stage.store([ada]);
    const link = (id: string): MailRequest => ({ kind: "link", id, email: ada.email });
    stage.ses.answer(failing);
    const attribute = (count: number) => ({ DataType: "Number", StringValue: String(count) });
    const done = await stage.mailer.process({
      Body: joinMailPack([encodeMailRequest(link("request-1"))]),
      MessageAttributes: { tries: attribute(19), doubts: attribute(doubts) },
    });
    t.equal(done, true);
    stage.ses.answer();
    t.equal(await stage.process([link("request-2")]), true);
    const found = await outcomes(stage);
    t.equal(found["link/request-1"], "rejected");
    return found["link/request-2"];
  }
  t.equal(await nextAfter(0), "sent");
  t.equal(await nextAfter(1), "limited");
});

t.test("the turn of a mail that another delivery may be sending, or have sent, stays", async (t) => {
  const stage = await prepareMailer(engines);
  const [ada, grace] = [somebody(), somebody()];
  for (const [one, leaseMs] of [
    [ada, 60_000],
    [grace, -60_000],
  ] as const) {
    await engines.documents.send(
      new PutCommand({
        TableName: stage.mailsTable,
        Item: {
          id: `limit/confirmed/hash-of-${one.email}`,
          mail: `confirmed/${one.id}`,
          at: new Date().toISOString(),
          token: "another",
          leaseUntil: new Date(Date.now() + leaseMs).toISOString(),
        },
      }),
    );
  }
  const again = [ada, grace].map(({ email }) => somebody({ email }));
  await stage.store(again);
  t.equal(await stage.process([ada, grace].map(confirmationOf)), true);
  t.equal(await stage.process(again.map(confirmationOf)), true);
  t.same(stage.ses.sentTo(), []);
  t.equal((await stage.limits()).filter(({ token }) => token === "another").length, 2);
});

t.test("addresses of one mailbox share its day, in one message and over several", async (t) => {
  const stage = await prepareMailer(engines);
  const all = [1, 2, 3].map((tag) => somebody({ email: `ada+${tag}@lovelace.org` }));
  const other = somebody({ email: "bob+1@lovelace.org" });
  await stage.store([...all, other]);
  t.equal(await stage.process([all[0]!, all[1]!, other].map(confirmationOf)), true);
  t.equal(await stage.process([confirmationOf(all[2]!)]), true);
  t.same(stage.ses.sentTo(), [all[0]!.email, other.email]);
  t.equal((await stage.records()).size, 4);
});

t.test(
  "a call that SES refuses as a whole is sent one by one within its claims; the rest is claimed again",
  async (t) => {
    const leaseMs = 60_000;
    const stage = await prepareMailer(engines, { leaseMs, claimFreshMs: 1_000 });
    const all = people(24);
    await stage.store(all);
    const ages: number[] = [];
    stage.ses.answer(async (input) => {
      const [address, ...more] = addressesOf(input);
      const calledAt = Date.now();
      if (more.length > 0) throw sesError("BadRequestException", "Invalid address");
      const limit = (await stage.limits()).find(({ id }) => String(id).endsWith(address!));
      ages.push(calledAt - (Date.parse(String(limit?.leaseUntil)) - leaseMs));
      await new Promise((resolve) => setTimeout(resolve, 200));
      return allSent(input);
    });
    t.equal(await stage.process(all.map(confirmationOf)), true);
    t.same(new Set(stage.ses.sentTo()), new Set(all.map(({ email }) => email)));
    t.equal(stage.ses.sentTo().length, 24, "each once");
    // Of one claim for all, the last would be called five seconds later.
    t.ok(Math.max(...ages) < 4_000, `the oldest claim of a call was ${Math.max(...ages)} ms old`);
    t.ok(stage.ses.calls.filter(({ addresses }) => addresses.length > 1).length > 1, "it took several rounds");
  },
);
