import t from "tap";
import { createDrainPace } from "../../web/drain-pace.ts";

const submittedAt = "2026-03-01T10:00:00.000Z";
const storedAfter = (ms: number) => new Date(Date.parse(submittedAt) + ms).toISOString();
const ids = Array.from({ length: 2_000 }, (_, index) => `registration-${index}`);

t.test("before anything was seen a delay is that of an idle service", async (t) => {
  t.equal(createDrainPace().typicalDelayMs("anybody"), 50);
});

t.test("the same registration always gets the same share, so that its state never goes back", async (t) => {
  const pace = createDrainPace();
  for (let ms = 1; ms <= 20; ms += 1) pace.observe(submittedAt, storedAfter(ms * 100));
  for (const id of ids.slice(0, 50)) t.equal(pace.typicalDelayMs(id), pace.typicalDelayMs(id));
});

t.test("over many registrations the delays are spread as those that were seen", async (t) => {
  const pace = createDrainPace();
  for (let count = 0; count < 30; count += 1) pace.observe(submittedAt, storedAfter(1_000));
  for (let count = 0; count < 10; count += 1) pace.observe(submittedAt, storedAfter(9_000));
  const delays = ids.map((id) => pace.typicalDelayMs(id));
  t.same(new Set(delays), new Set([1_000, 9_000]), "only delays that somebody really had");
  const slow = delays.filter((delay) => delay === 9_000).length / delays.length;
  t.ok(slow > 0.2 && slow < 0.3, `${slow} of them are slow, as a quarter was`);
});

t.test("what was long ago is forgotten", async (t) => {
  const pace = createDrainPace();
  for (let count = 0; count < 64; count += 1) pace.observe(submittedAt, storedAfter(60_000));
  for (let count = 0; count < 64; count += 1) pace.observe(submittedAt, storedAfter(10));
  t.same(new Set(ids.map((id) => pace.typicalDelayMs(id))), new Set([10]));
});

t.test("clocks that disagree make no negative delay", async (t) => {
  const pace = createDrainPace();
  pace.observe(submittedAt, storedAfter(-20 * 60_000));
  t.equal(pace.typicalDelayMs("anybody"), 0);
});
