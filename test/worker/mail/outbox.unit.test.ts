import type { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { decodeMailPack, maxMailPackBytes, maxMailsPerPack, type MailRequest } from "../../../shared/mail/mail-pack.ts";
import { createOutbox, type OutboxOptions } from "../../../worker/mail/outbox.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { createQuickBreaker } from "../../equipment/quick-breaker.ts";

let made = 0;
function requests(count: number, changes: Partial<MailRequest> = {}): MailRequest[] {
  return Array.from({ length: count }, () => {
    made += 1;
    return { kind: "confirmed", id: `request-${made}`, email: `person-${made}@example.org`, ...changes };
  });
}

const outage = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
const later = () => performance.now() + 60_000;

/** An outbox whose sends end as `answer` says. */
function prepare(options: Partial<OutboxOptions> & { answer?: (body: string) => Promise<unknown> } = {}) {
  const { answer = async () => ({}), ...changes } = options;
  const packs: MailRequest[][] = [];
  const bodies: string[] = [];
  let posted = 0;
  const breaker = changes.breaker ?? createQuickBreaker();
  const sqs = {
    async send({ input }: SendMessageCommand) {
      const body = input.MessageBody ?? "";
      bodies.push(body);
      await answer(body);
      packs.push([...decodeMailPack(body).requests]);
    },
  } as unknown as SQSClient;
  const outbox = createOutbox({
    sqs,
    mailQueueUrl: "https://sqs/mails",
    breaker,
    gatherMs: 5,
    now: () => performance.now(),
    onPosted: (count) => (posted += count),
    ...changes,
  });
  return { outbox, breaker, packs, bodies, posted: () => posted };
}

t.test("requests of many messages share a pack, and each message hears when it is confirmed", async (t) => {
  const { outbox, packs, posted } = prepare();
  const all = [requests(3), requests(1), requests(4)];
  t.same(await Promise.all(all.map((some) => outbox.post(some, later()))), [true, true, true]);
  t.same(packs, [all.flat()]);
  t.equal(posted(), 8);
  t.equal(outbox.waiting(), 0);
});

t.test("a full pack leaves at once, and what is over waits for others", async (t) => {
  const never = prepare({ gatherMs: 3_600_000 });
  t.teardown(() => never.outbox.close());
  let done = false;
  const all = requests(2 * maxMailsPerPack + 100);
  const posting = never.outbox.post(all, later()).then((confirmed) => (done = confirmed));
  await eventually(() => never.packs.length === 2, "two full packs are sent");
  t.same(
    never.packs.map((pack) => pack.length),
    [maxMailsPerPack, maxMailsPerPack],
  );
  t.equal(done, false, "the message is done only with its last request");
  t.equal(never.outbox.waiting(), 100);
  never.outbox.close();
  t.equal(await posting, true);
  t.same(new Set(never.packs.flat().map(({ id }) => id)), new Set(all.map(({ id }) => id)));
});

t.test("a pack keeps to its bytes, whatever the addresses", async (t) => {
  const { outbox, packs, bodies } = prepare();
  const local = "a".repeat(64);
  const domain = `${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(58)}.org`;
  const long = requests(500, { email: `${local}@${domain}`, language: "de-Latn-DE" });
  t.equal(await outbox.post(long, later()), true);
  t.equal(packs.flat().length, 500);
  for (const body of bodies) t.ok(Buffer.byteLength(body) <= maxMailPackBytes + 32, `${Buffer.byteLength(body)}`);
});

t.test("what SQS takes is in its body: characters that every engine accepts", async (t) => {
  const { outbox, bodies } = prepare();
  await outbox.post(requests(20, { email: "!#$%&'*+/=?^_`{|}~-@xn--p1ai.example.org" }), later());
  for (const body of bodies) t.match(body, /^[\x20-\x7e\n]+$/);
});

t.test("while the queue is down everything is held, and it goes when the queue is back", async (t) => {
  let down = true;
  const { outbox, breaker, packs } = prepare({
    answer: () => (down ? Promise.reject(outage) : Promise.resolve()),
  });
  const all = [requests(2), requests(300)];
  const posting = Promise.all(all.map((some) => outbox.post(some, later())));
  await eventually(() => breaker.state !== "closed", "the circuit opens");
  t.equal(breaker.systemError?.action, "sqs:SendMessage");
  t.equal(packs.length, 0);
  down = false;
  t.same(await posting, [true, true]);
  t.same(new Set(packs.flat().map(({ id }) => id)), new Set(all.flat().map(({ id }) => id)));
  t.equal(breaker.state, "closed");
});

t.test("an outage takes nobody's time: the deadline stands still, as long as it lasts", async (t) => {
  const clock = createManualClock();
  const breaker = createQuickBreaker(clock.now);
  let down = true;
  const { outbox } = prepare({
    breaker,
    now: clock.now,
    answer: () => (down ? Promise.reject(outage) : Promise.resolve()),
  });
  const posting = outbox.post(requests(1), clock.now() + 1_000);
  await eventually(() => breaker.state !== "closed", "the circuit opens");
  clock.advance(3_600_000);
  down = false;
  t.equal(await posting, true);
});

t.test("what is not sent in time is given up, so that its message comes again", async (t) => {
  const clock = createManualClock();
  const held = Promise.withResolvers<void>();
  const { outbox, packs } = prepare({
    now: clock.now,
    breaker: createQuickBreaker(clock.now),
    maxSendsInFlight: 1,
    answer: () => held.promise,
  });
  const first = outbox.post(requests(maxMailsPerPack), 1_000);
  const second = outbox.post(requests(maxMailsPerPack), 1_000);
  clock.advance(2_000);
  held.resolve();
  t.equal(await first, true, "its send was under way");
  t.equal(await second, false);
  t.equal(packs.length, 1);
  t.equal(outbox.waiting(), 0);
});

t.test("never more sends under way than allowed", async (t) => {
  let underWay = 0;
  let most = 0;
  const { outbox } = prepare({
    maxSendsInFlight: 3,
    async answer() {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    },
  });
  t.equal(await outbox.post(requests(5_000), later()), true);
  t.equal(most, 3);
});

t.test("a rejection holds the packs as an outage does, for no request can be the cause", async (t) => {
  let refused = true;
  const error = Object.assign(new Error("no"), { name: "InvalidAddress", $metadata: { httpStatusCode: 400 } });
  const { outbox, breaker } = prepare({ answer: () => (refused ? Promise.reject(error) : Promise.resolve()) });
  const posting = outbox.post(requests(1), later());
  await eventually(() => breaker.state !== "closed", "the circuit opens");
  refused = false;
  t.equal(await posting, true);
});

t.test("closed, it sends what it can and gives up what it must hold", async (t) => {
  const works = prepare({ gatherMs: 3_600_000 });
  const posting = works.outbox.post(requests(2), later());
  works.outbox.close();
  t.equal(await posting, true);
  t.equal(await works.outbox.post(requests(2), later()), true, "a late one still goes");

  const down = prepare({ answer: () => Promise.reject(outage) });
  const held = down.outbox.post(requests(2), later());
  await eventually(() => down.breaker.state !== "closed", "the circuit opens");
  down.outbox.close();
  t.equal(await held, false);
  t.equal(await down.outbox.post(requests(2), later()), false);
  t.equal(down.outbox.waiting(), 0);
});

t.test("nothing to send is done at once", async (t) => {
  const { outbox, bodies } = prepare();
  t.equal(await outbox.post([], 0), true);
  t.same(bodies, []);
});
