/** kill -9 of the worker in the middle of a rush: whoever was told "accepted" is in the table, once, as sent. */
import t from "tap";
import { acceptedOf, forEach, postRegistration } from "../equipment/attendee.ts";
import { eventually } from "../equipment/eventually.ts";
import { startStack } from "../equipment/running-stack.ts";

// Whole processes on a machine that may be busy.
t.setTimeout(240_000);

const count = 2_400;

// What a killed worker held comes back after this time.
const running = await startStack({ environment: { VISIBILITY_TIMEOUT_SECONDS: "2", RECEIVE_WAIT_SECONDS: "1" } });
t.teardown(() => running.stop());

t.test(`of ${count} people who registered while the worker was killed three times, nobody is lost`, async (t) => {
  const people = Array.from({ length: count }, (_, index) => ({
    email: `person-${index}@example.org`,
    name: `Person ${index}`,
    answers: { guests: index % 5 },
  }));
  const worker = running.stack.process("worker");
  let kills = 0;
  await forEach(people, 40, async (person, index) => {
    if (index % 800 === 400) {
      await eventually(() => worker.kill("SIGKILL"), "there is a worker to kill");
      kills += 1;
    }
    await acceptedOf(await postRegistration(running.web, person, { "idempotency-key": `key-${index}` }));
  });
  t.equal(kills, 3);
  t.ok(worker.restarts > 0 || worker.state !== "running", "it did die");
  await eventually(async () => (await running.outstanding()) === 0, "all is drained", 60_000);
  const stored = await running.stored();
  t.equal(stored.length, count, "lost 0, and nobody twice");
  const byEmail = new Map(stored.map((item) => [item.email, item]));
  const changed = people.filter(({ email, name, answers }) => {
    const item = byEmail.get(email);
    return item?.name !== name || item.answers.guests !== answers.guests;
  });
  t.same(changed, []);
  t.same(await running.deadLetters(), []);
});

t.test("the worker that was started again is well, and serves whoever comes next", async (t) => {
  await acceptedOf(await postRegistration(running.web, { email: "next@example.org", name: "Next" }));
  await eventually(async () => (await running.stored()).length === count + 1, "the next one is stored");
  t.equal((await fetch(`${running.worker}/health`)).status, 200);
});
