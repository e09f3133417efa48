/** One person, many submissions: double clicks, retries after a lost answer, and the same address from somebody else. */
import t from "tap";
import { acceptedOf, postRegistration, untilConfirmed } from "../equipment/attendee.ts";
import { eventually } from "../equipment/eventually.ts";
import { startStack } from "../equipment/running-stack.ts";

// Whole processes on a machine that may be busy.
t.setTimeout(240_000);

const running = await startStack();
t.teardown(() => running.stop());
const { web } = running;

const storedOf = async (email: string) => (await running.stored()).filter((item) => item.email === email);

t.test(
  "the same Idempotency-Key and email five times at once: one record, and all five receipts confirm",
  async (t) => {
    const submission = { email: "five@example.org", name: "Five Times" };
    const responses = await Promise.all(
      Array.from({ length: 5 }, () => postRegistration(web, submission, { "idempotency-key": "one-click" })),
    );
    const all = await Promise.all(responses.map(acceptedOf));
    t.equal(new Set(all.map(({ receipt }) => receipt)).size, 5, "each got a receipt of its own");
    await Promise.all(all.map((accepted) => untilConfirmed(web, accepted)));
    t.equal((await storedOf(submission.email)).length, 1);
  },
);

t.test("sent again much later with the same key, nothing changes, and the new receipt confirms too", async (t) => {
  const submission = { email: "later@example.org", name: "Later" };
  const send = () => postRegistration(web, submission, { "idempotency-key": "again" });
  await untilConfirmed(web, await acceptedOf(await send()));
  const [before] = await storedOf(submission.email);
  await untilConfirmed(web, await acceptedOf(await send()));
  await eventually(async () => (await running.outstanding()) === 0, "all is drained");
  t.same(await storedOf(submission.email), [before]);
});

t.test("the first submission of an address wins, whatever comes later under it, in any spelling", async (t) => {
  const first = { email: "wins@example.org", name: "The First", answers: { guests: 1 } };
  await untilConfirmed(web, await acceptedOf(await postRegistration(web, first)));
  const [stored] = await storedOf(first.email);
  for (const email of ["wins@example.org", " WINS@Example.ORG "]) {
    const second = await acceptedOf(
      await postRegistration(web, { email, name: "The Second", answers: { guests: 4, organisation: "Other" } }),
    );
    await untilConfirmed(web, second);
  }
  await eventually(async () => (await running.outstanding()) === 0, "all is drained");
  t.same(await storedOf(first.email), [stored]);
});

t.test("the same address from many at once makes one record, of one of them whole", async (t) => {
  const all = await Promise.all(
    Array.from({ length: 30 }, async (_, index) =>
      acceptedOf(
        await postRegistration(web, {
          email: "race@example.org",
          name: `Runner ${index}`,
          answers: { guests: index % 5 },
        }),
      ),
    ),
  );
  await Promise.all(all.map((accepted) => untilConfirmed(web, accepted)));
  await eventually(async () => (await running.outstanding()) === 0, "all is drained");
  const [winner, ...others] = await storedOf("race@example.org");
  t.equal(others.length, 0);
  t.equal(winner!.answers.guests, Number(winner!.name.split(" ")[1]) % 5, "no mixture of two");
  t.same(await running.deadLetters(), []);
});
