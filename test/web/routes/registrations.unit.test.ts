/** `POST /registrations`: what is accepted, queued and answered. */
import { t } from "../../equipment/file-test.ts";
import { createRegistry } from "../../../shared/process/metrics.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { testEvent, testTime } from "../../equipment/web-app.ts";
import { acceptedOf, form, html, json, post, prepare, problemOf, valid } from "./registration-requests.ts";

t.test("a registration is answered 202 with receipt, status URL and when to poll, after it was queued", async (t) => {
  const queue = Promise.withResolvers<void>();
  const stage = await prepare(t, { send: () => queue.promise });
  let answered = false;
  const posting = post(stage, valid).then((reply) => {
    answered = true;
    return reply;
  });
  await eventually(() => stage.groupCommit.figures().sendsInFlight === 1, "it is being sent");
  t.equal(answered, false, "not before the queue has confirmed");
  queue.resolve();
  const reply = await posting;
  t.equal(reply.statusCode, 202);
  const { receipt, status, statusUrl, retryAfterSeconds } = acceptedOf(reply);
  t.equal(statusUrl, `/registrations/${receipt}`);
  t.match(reply.headers, {
    location: statusUrl,
    "cache-control": "no-store",
    "retry-after": String(retryAfterSeconds),
  });
  t.equal(status, "pending");
  t.match(stage.receipts.open(receipt), { email: valid.email, submittedAt: new Date(testTime).toISOString() });
});

t.test("what is queued is the submission, normalised, with an id and the moment of acceptance", async (t) => {
  const stage = await prepare(t);
  const answers = {
    meal: "vegetarian",
    terms: true,
    guests: 2,
    company: "A & B",
    contact: " Boss@EXAMPLE.org",
    news: false,
  };
  await post(stage, { email: "  Ada.L+tag@BÜCHER.example ", name: "  Ada Lovelace\t".trimEnd(), answers });
  const [registration] = stage.queued;
  t.match(registration, {
    email: "ada.l+tag@xn--bcher-kva.example",
    name: "Ada Lovelace",
    answers: { ...answers, contact: "boss@example.org" },
    submittedAt: "2026-03-01T10:00:00.000Z",
    id: /^[A-Za-z0-9-]{8,64}$/,
  });
});

t.test("what is queued says in which language the page was, unless it is the default", async (t) => {
  const stage = await prepare(t);
  const typed = new URLSearchParams({
    email: valid.email,
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "true",
  });
  for (const type of [json, form]) {
    const payload = type === json ? valid : typed.toString();
    await post(stage, payload, { ...type, "accept-language": "de-AT,de;q=0.9,en;q=0.5" });
    await post(stage, payload, { ...type, "accept-language": "en-US,de;q=0.5" });
    await post(stage, payload, type);
  }
  t.strictSame(
    stage.queued.map((registration) => registration.language),
    ["de", undefined, undefined, "de", undefined, undefined],
  );
});

t.test("a queue that does not confirm is 503 with Retry-After, never 202", async (t) => {
  const stage = await prepare(t, { send: () => Promise.reject(new Error("the queue is gone")) });
  const reply = await post(stage, valid);
  t.equal(reply.statusCode, 503);
  t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
  t.match(problemOf(reply), { code: "TURNOUT_ENQUEUE_FAILED" });
  t.notMatch(reply.body, /gone|receipt/);
});

t.test(
  "the same Idempotency-Key and email are one registration, another key or another email is another",
  async (t) => {
    const stage = await prepare(t);
    const send = (key: string, email = valid.email) =>
      post(stage, { ...valid, email }, { ...json, "idempotency-key": key });
    await send("key-1");
    await send("key-1", " ADA@example.org ");
    await send("key-2");
    await send("key-1", "eve@example.org");
    const ids = stage.queued.map((registration) => registration.id);
    t.equal(ids[0], ids[1]);
    t.equal(new Set(ids).size, 3);
  },
);

t.test("without a key every submission is another one", async (t) => {
  const stage = await prepare(t);
  await post(stage, valid);
  await post(stage, valid);
  t.equal(new Set(stage.queued.map((registration) => registration.id)).size, 2);
});

t.test("an Idempotency-Key that is none is rejected, and nothing is queued", async (t) => {
  const stage = await prepare(t);
  for (const key of ["", "with space", "x".repeat(129), "tab\there", "ünicode"]) {
    const reply = await post(stage, valid, { ...json, "idempotency-key": key });
    t.equal(reply.statusCode, 400, key);
    t.match(problemOf(reply), { code: "TURNOUT_IDEMPOTENCY_KEY_INVALID" });
  }
  t.equal(stage.queued.length, 0);
});

t.test("of a property that stands twice the last one counts, as everywhere in JSON", async (t) => {
  const stage = await prepare(t);
  const text = JSON.stringify(valid).replace('"name"', '"email":"second@example.org","name"');
  t.equal((await post(stage, text)).statusCode, 202);
  t.match(stage.queued, [{ email: "second@example.org" }]);
});

t.test("before the opening and after the closing it is 403, with when it is open, before a body is read", async (t) => {
  for (const [at, code] of [
    [Date.parse(testEvent.opensAt) - 1, "TURNOUT_NOT_OPEN_YET"],
    [Date.parse(testEvent.closesAt), "TURNOUT_CLOSED"],
  ] as const) {
    const stage = await prepare(t, { parts: { wallClock: () => at } });
    const reply = await post(stage, "{broken");
    t.equal(reply.statusCode, 403);
    t.match(problemOf(reply), { code, opensAt: testEvent.opensAt, closesAt: testEvent.closesAt });
    const page = await post(stage, "name=Ada", { ...form, ...html });
    t.equal(page.statusCode, 403);
    t.match(page.headers["content-type"], /^text\/html/);
    t.equal(stage.queued.length, 0);
  }
  const atTheFirstMoment = await prepare(t, { parts: { wallClock: () => Date.parse(testEvent.opensAt) } });
  t.equal((await post(atTheFirstMoment, valid)).statusCode, 202);
});

t.test(
  "when the buffer is full further ones are rejected with 503 and Retry-After, before their body is read",
  async (t) => {
    const released = Promise.withResolvers<void>();
    const stage = await prepare(t, { maxWaiting: 1, send: () => released.promise });
    const taken = [1, 2, 3].map(() => post(stage, valid));
    await eventually(() => !stage.groupCommit.hasRoom(), "the buffer is full");
    const rejected = await post(stage, "{broken");
    t.equal(rejected.statusCode, 503);
    t.match(problemOf(rejected), { code: "TURNOUT_OVERLOADED" });
    t.match(rejected.headers["retry-after"], /^[1-9]\d*$/);
    released.resolve();
    for (const reply of await Promise.all(taken)) t.equal(reply.statusCode, 202);
  },
);

t.test("how long accepting took is measured on a clock that nobody sets", async (t) => {
  const clock = createManualClock();
  let wall = testTime;
  const registry = createRegistry("web");
  const stage = await prepare(t, {
    parts: { registry, now: clock.now, wallClock: () => wall },
    async send() {
      clock.advance(40);
      wall -= 3_600_000;
    },
  });
  t.equal((await post(stage, valid)).statusCode, 202);
  t.match(await registry.metrics(), /^turnout_accept_seconds_sum\{[^}]*\} 0\.04$/m);
});
