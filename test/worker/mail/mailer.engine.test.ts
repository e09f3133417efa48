import { t } from "../../equipment/file-test.ts";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { encodeMailRequest, joinMailPack, mailKey, type MailRequest } from "../../../shared/mail/mail-pack.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { startEngines } from "../../equipment/engines.ts";
import { eventually } from "../../equipment/eventually.ts";
import { people, somebody } from "../../equipment/people.ts";
import { addressesOf, allSent, confirmationOf, createSes, prepareMailer } from "./mail-stage.ts";
import { createMailsTable } from "../../../worker/mail/mails-table.ts";

const engines = await startEngines(t);
t.afterEach(() => engines.calm());

t.test("everybody gets one mail with a link, and a record says so", async (t) => {
  const { process, store, ses, records, recordedNow } = await prepareMailer(engines);
  const all = people(120);
  await store(all);
  t.equal(await process(all.map(confirmationOf)), true);
  t.same(new Set(ses.sentTo()), new Set(all.map(({ email }) => email)));
  t.equal(ses.sentTo().length, 120);
  t.same(
    ses.calls.map(({ addresses }) => addresses.length),
    [50, 50, 20],
  );
  const place = ses.calls[0]!.addresses.indexOf(all[0]!.email);
  t.equal(ses.calls[0]!.links[place], `https://summit.example.org/registrations/${all[0]!.id}`);
  const found = await records();
  t.equal(found.size, 120);
  t.match(found.get(`confirmed/${all[0]!.id}`), { outcome: "sent", messageId: /^message-/, at: /Z$/ });
  t.notOk("expiresAt" in found.get(`confirmed/${all[0]!.id}`)!, "kept as long as registrations");
  t.equal(recordedNow.length, 120);
});

t.test("a record expires as registrations do, a limit after two days, and neither holds an address", async (t) => {
  const { process, store, records, limits } = await prepareMailer(engines, { retentionDays: 30 });
  const ada = somebody();
  await store([ada]);
  await process([confirmationOf(ada)]);
  const inDays = (seconds: unknown) => Math.round((Number(seconds) * 1_000 - Date.now()) / 86_400_000);
  const [record] = [...(await records()).values()];
  t.equal(inDays(record?.expiresAt), 30);
  t.notMatch(JSON.stringify(record), ada.email);
  const [limit] = await limits();
  t.equal(inDays(limit?.expiresAt), 2);
  t.match(limit, { mail: `confirmed/${ada.id}`, id: `limit/confirmed/hash-of-${ada.email}` });
});

t.test("a message that comes again sends nothing again, and neither does a repeat in another message", async (t) => {
  const { process, store, ses } = await prepareMailer(engines);
  const all = people(30);
  await store(all);
  const requests = all.map(confirmationOf);
  t.equal(await process([...requests, ...requests]), true);
  t.equal(await process(requests, 2), true);
  t.equal(await process(requests.toReversed()), true);
  t.equal(ses.sentTo().length, 30);
});

t.test("what is not to be sent any more is explained", async (t) => {
  const { process, store, ses, records, registrationsTable } = await prepareMailer(engines);
  const [gone, replaced, never] = [somebody(), somebody(), somebody()];
  await store([{ ...replaced, id: "another-one" }]);
  await engines.documents.send(
    new PutCommand({
      TableName: registrationsTable,
      Item: createTombstone(gone.email, "withdrawn", gone.id, Date.now()),
    }),
  );
  const requests = [gone, replaced, never].map(confirmationOf);
  t.equal(await process(requests), true);
  t.same(ses.calls, []);
  t.same(
    [...(await records()).values()].map(({ outcome }) => outcome),
    ["obsolete", "obsolete", "obsolete"],
  );
});

t.test("a thousand registrations of one address: one notice in a day, whatever arrives", async (t) => {
  const { process, store, ses, records } = await prepareMailer(engines);
  const owner = somebody();
  await store([owner]);
  const notice = (index: number): MailRequest => ({
    kind: "already-registered",
    id: `second-${String(index).padStart(6, "0")}`,
    email: owner.email,
  });
  const all = Array.from({ length: 1_000 }, (_, index) => notice(index));
  const packs = [0, 250, 500, 750].map((start) => all.slice(start, start + 250));
  await Promise.all(packs.map((pack) => process(pack)));
  // What met another's turn under way is on the queue again.
  for (const pack of packs) await process(pack);
  t.equal(ses.sentTo("already-registered").length, 1);
  const outcomes = [...(await records()).values()].map(({ outcome }) => outcome);
  t.equal(outcomes.filter((outcome) => outcome === "sent").length, 1);
  t.equal(outcomes.filter((outcome) => outcome === "limited").length, 999);

  await process([confirmationOf(owner)]);
  t.equal(ses.sentTo().length, 2, "the kinds do not limit each other");
});

t.test("the next day the address may have another mail of the kind", async (t) => {
  let time = Date.parse("2027-03-01T10:00:00.000Z");
  const { process, store, ses } = await prepareMailer(engines, { wallClock: () => time });
  const owner = somebody();
  await store([owner]);
  const link = (id: string): MailRequest => ({ kind: "link", id, email: owner.email });
  await process([link("request-1")]);
  time += 86_400_000 - 1_000;
  await process([link("request-2")]);
  t.equal(ses.sentTo("link").length, 1);
  time += 2_000;
  await process([link("request-3")]);
  t.equal(ses.sentTo("link").length, 2);
  await process([link("request-1"), link("request-2"), link("request-3")]);
  t.equal(ses.sentTo("link").length, 2, "and what was limited stays so");
});

t.test("kinds and languages go in calls of their own", async (t) => {
  const { process, store, ses } = await prepareMailer(engines);
  const [german, english] = [people(3), people(2)];
  await store([...german.map((one) => ({ ...one, language: "de" })), ...english]);
  await process([
    ...german.map(confirmationOf),
    ...english.map((one) => confirmationOf({ ...one, language: "en" })),
    { kind: "link", id: "request-1", email: german[0]!.email },
  ]);
  const calls = ses.calls.map(({ kind, addresses }) => `${kind} ${addresses.length}`);
  t.same(new Set(calls), new Set(["confirmed 2", "confirmed 3", "link 1"]));
  t.equal(calls.length, 3);
});

t.test("a rejected address is recorded and never tried again; the others of its call are sent", async (t) => {
  const { process, store, ses, records, reposted } = await prepareMailer(engines);
  const all = people(10);
  await store(all);
  const bad = all[4]!;
  ses.answer((input) =>
    addressesOf(input).map((address) =>
      address === bad.email
        ? { Status: "MESSAGE_REJECTED", Error: `Address ${address} is on no list` }
        : { Status: "SUCCESS", MessageId: "m" },
    ),
  );
  const requests = all.map(confirmationOf);
  t.equal(await process(requests), true);
  const record = (await records()).get(`confirmed/${bad.id}`);
  t.match(record, { outcome: "rejected", detail: /^MESSAGE_REJECTED: Address \[address\]/ });
  ses.answer();
  t.equal(await process(requests, 2), true);
  t.equal(ses.sentTo().length, 9);
  t.equal(reposted(), 0);
});

t.test("nothing is sent to reserved domains", async (t) => {
  const { process, store, ses, records } = await prepareMailer(engines, { sendToReserved: false });
  const [reserved, real] = [somebody(), somebody({ email: "ada@lovelace.org" })];
  await store([reserved, real]);
  await process([reserved, real].map(confirmationOf));
  t.same(ses.sentTo(), ["ada@lovelace.org"]);
  t.match((await records()).get(`confirmed/${reserved.id}`), { outcome: "rejected", detail: /reserved/ });
});

t.test(
  "a mailer killed between the send and its record repeats that call at most, once its lease is over",
  async (t) => {
    const ses = createSes();
    const killed = await prepareMailer(engines, {
      ses,
      leaseMs: 60_000,
      // As after a kill: what was sent is never recorded, and nothing comes back.
      makeTable: (options) => ({ ...createMailsTable(options), record: () => new Promise(() => {}) }),
    });
    const all = people(250);
    await killed.store(all);
    const requests = all.map(confirmationOf);
    void killed.process(requests);
    await eventually(() => ses.sentTo().length === 50, "its first call is sent");

    let time = Date.now();
    const other = await prepareMailer(engines, { ses, stage: killed, wallClock: () => time });
    t.equal(await other.process(requests, 2), true);
    t.equal(ses.sentTo().length, 250, "what the other may be sending is left alone");
    t.equal(other.reposted(), 50, "and is on the queue again");
    time += 60_000;
    t.equal(await other.process(requests, 3), true);
    t.equal((await other.records()).size, 250);
    t.equal(new Set(ses.sentTo()).size, 250);
    t.equal(ses.sentTo().length, 300, "one call, twice");
  },
);

t.test("control: a mailer that records before it sends forgets the mails of a call when it is killed", async (t) => {
  const ses = createSes();
  const hasty = await prepareMailer(engines, {
    ses,
    makeTable(options) {
      const table = createMailsTable(options);
      return {
        ...table,
        async claim(claims, deadline) {
          const results = await table.claim(claims, deadline);
          const sent = claims.map(({ request }) => ({ id: mailKey(request), outcome: "sent" as const }));
          await table.record(sent, Infinity);
          // Killed here.
          return new Promise<typeof results>(() => {});
        },
      };
    },
  });
  const all = people(20);
  await hasty.store(all);
  const requests = all.map(confirmationOf);
  void hasty.process(requests);
  await eventually(async () => (await hasty.records()).size === 20, "all are recorded");
  const other = await prepareMailer(engines, { ses, stage: hasty });
  t.equal(await other.process(requests, 2), true);
  t.equal(ses.sentTo().length, 0, "nobody gets a mail: the order matters");
});

t.test("two mailers that hold the same message do not both send", async (t) => {
  const ses = createSes();
  ses.answer(async (input) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return allSent(input);
  });
  const one = await prepareMailer(engines, { ses });
  const two = await prepareMailer(engines, { ses, stage: one });
  const all = people(250);
  await one.store(all);
  const requests = all.map(confirmationOf);
  t.same(await Promise.all([one.process(requests), two.process(requests, 2)]), [true, true]);
  t.equal(ses.sentTo().length, 250);
  t.equal(new Set(ses.sentTo()).size, 250);
  t.equal((await one.records()).size, 250);
});

t.test("a mail that is recorded while its lease is taken over is not sent", async (t) => {
  const { process, store, ses, mailsTable } = await prepareMailer(engines);
  const ada = somebody();
  await store([ada]);
  const id = `confirmed/${ada.id}`;
  await engines.documents.send(
    new PutCommand({
      TableName: mailsTable,
      Item: {
        id: `limit/confirmed/hash-of-${ada.email}`,
        mail: id,
        at: new Date(Date.now() - 10_000).toISOString(),
        token: "another",
        leaseUntil: new Date(Date.now() - 5_000).toISOString(),
      },
    }),
  );
  // The other worker's record arrives after the facts are read and before the claim.
  let reads = 0;
  engines.dynamoDbProxy.intervene(async ({ operation }) => {
    if (operation !== "BatchGetItem") return undefined;
    reads += 1;
    if (reads === 2) {
      engines.dynamoDbProxy.intervene();
      await engines.documents.send(
        new PutCommand({ TableName: mailsTable, Item: { id, outcome: "sent", at: new Date().toISOString() } }),
      );
    }
    return undefined;
  });
  t.equal(await process([confirmationOf(ada)]), true);
  t.equal(reads, 2);
  t.same(ses.sentTo(), []);
});

t.test("what is no mail pack is counted and left to the queue; a newer version's is hidden for a while", async (t) => {
  const { mailer, invalid, store, ses, process } = await prepareMailer(engines);
  const message = (Body: string, receives = 1) => ({ Body, Attributes: { ApproximateReceiveCount: String(receives) } });
  t.equal(await mailer.process(message("hello")), false);
  t.equal(invalid(), 1);
  t.same(await mailer.process(message("mails 2\nx")), { hideSeconds: 60 });
  t.equal(await mailer.process(message("mails 2\nx", 4)), false);
  t.equal(invalid(), 2);

  const ada = somebody();
  await store([ada]);
  const mixed = joinMailPack(["no-kind x", encodeMailRequest(confirmationOf(ada))]);
  t.equal(await mailer.process(message(mixed)), false, "kept for whoever understands the rest");
  t.equal(invalid(), 3);
  t.same(ses.sentTo(), [ada.email]);
  t.equal(await process([confirmationOf(ada)]), true);
  t.equal(ses.sentTo().length, 1);
});
