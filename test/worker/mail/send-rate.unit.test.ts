import { t } from "../../equipment/file-test.ts";
import { createSendRate } from "../../../worker/mail/send-rate.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";

t.test("what may go at once is one second's worth, and the next turn comes when it is paid for", async (t) => {
  const clock = createManualClock();
  const rate = createSendRate({ limit: 14, now: clock.now });
  t.equal(await rate.take(50), 14);
  t.equal(await rate.take(50, 999), 0, "the turn does not come in time, and takes nothing");
  clock.advance(1_000);
  t.equal(await rate.take(3, 0), 3);
  clock.advance(214);
  t.equal(await rate.take(1, 0), 0);
  clock.advance(1);
  t.equal(await rate.take(1, 0), 1);
});

t.test("never more than the rate, whoever asks and however long nobody asked", async (t) => {
  const clock = createManualClock();
  const rate = createSendRate({ limit: 20, now: clock.now });
  clock.advance(3_600_000);
  let taken = 0;
  for (let ms = 0; ms < 10_000; ms += 50) {
    taken += await rate.take(7, 0);
    taken += await rate.take(50, 0);
    clock.advance(50);
  }
  t.ok(taken <= 10 * 20 + 20, `${taken} in ten seconds`);
  t.ok(taken >= 10 * 20 - 20, `${taken} in ten seconds`);
});

t.test("a slow account sends one by one", async (t) => {
  const clock = createManualClock();
  const rate = createSendRate({ limit: 0.5, now: clock.now });
  t.equal(await rate.take(50), 1);
  t.equal(await rate.take(50, 1_999), 0);
  t.equal(await rate.take(50, 0), 0);
  clock.advance(2_000);
  t.equal(await rate.take(50, 0), 1);
});

t.test("what was taken and not sent is given to the next", async (t) => {
  const clock = createManualClock();
  const rate = createSendRate({ limit: 10, now: clock.now });
  t.equal(await rate.take(10), 10);
  rate.giveBack(10);
  t.equal(await rate.take(10, 0), 10);
});

t.test("throttled, it halves once for the calls of a second, and grows again while SES takes everything", async (t) => {
  const clock = createManualClock();
  const rate = createSendRate({ limit: 100, now: clock.now });
  rate.throttled();
  rate.throttled();
  rate.throttled();
  t.equal(rate.current(), 50);
  t.equal(await rate.take(1, 900), 0, "the second in which it was throttled is used up");
  clock.advance(1_000);
  rate.throttled();
  t.equal(rate.current(), 25);
  rate.succeeded();
  t.equal(rate.current(), 25, "not at once");
  for (let second = 0; second < 30; second += 1) {
    clock.advance(1_000);
    rate.succeeded();
    rate.succeeded();
  }
  t.equal(rate.current(), 100);
});

t.test("two workers share an account's rate without knowing of each other", async (t) => {
  const clock = createManualClock();
  const limit = 40;
  const workers = [createSendRate({ limit, now: clock.now }), createSendRate({ limit, now: clock.now })];
  let taken = 0;
  const sent = [0, 0];
  for (let second = 0; second < 600; second += 1) {
    let left = limit;
    for (let part = 0; part < 20; part += 1) {
      for (const [index, worker] of workers.entries()) {
        const mails = await worker.take(10, 0);
        if (mails === 0) continue;
        if (mails > left) worker.throttled();
        else {
          left -= mails;
          taken += mails;
          sent[index]! += mails;
          worker.succeeded();
        }
      }
      clock.advance(50);
    }
  }
  t.ok(taken > 600 * limit * 0.6, `${taken} of ${600 * limit}`);
  t.ok(Math.min(...sent) > taken / 5, sent.join(" and "));
});

t.test("the account's rate is taken over when it changes, and a wait ends when it is closed", async (t) => {
  const clock = createManualClock();
  const rate = createSendRate({ limit: 1, now: clock.now });
  rate.setLimit(500);
  t.equal(rate.current(), 500);
  rate.throttled();
  rate.setLimit(400);
  t.equal(rate.current(), 250, "what was learned stays");
  rate.setLimit(14);
  t.equal(rate.current(), 14);
  clock.advance(10_000);
  t.equal(await rate.take(14), 14);
  const waiting = rate.take(14);
  rate.close();
  t.equal(await waiting, 0);
  t.equal(await rate.take(1), 0);
});
