import t from "tap";
import { TurnoutError } from "../../../shared/errors.ts";
import { createRegistry } from "../../../shared/process/metrics.ts";
import { registrationStatuses, type RegistrationStatus } from "../../../web/status/registration-status.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { buildTestApp, testEvent, testTime, type TestApp, type TestAppOptions } from "../../equipment/web-app.ts";

const valid = { email: "ada@example.org", name: "Ada Lovelace", answers: { meal: "meat", terms: true } };

async function prepare(t: { teardown(end: () => unknown): void }, options: TestAppOptions = {}): Promise<TestApp> {
  const stage = await buildTestApp(options);
  t.teardown(() => stage.app.close());
  return stage;
}

interface Reply {
  readonly statusCode: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  json(): unknown;
}

interface Problem {
  readonly code: string;
  readonly status: number;
  readonly errors?: { pointer: string; detail: string }[];
}

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const html = { accept: "text/html,application/xhtml+xml" };

/** Sends at once: a bare `inject` waits until somebody waits for it. */
async function post({ app }: TestApp, payload: unknown, headers: Record<string, string> = json): Promise<Reply> {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return app.inject({ method: "POST", url: "/registrations", headers, payload: text });
}

const problemOf = (reply: Reply) => reply.json() as Problem;
const acceptedOf = (reply: Reply) =>
  reply.json() as { receipt: string; status: string; statusUrl: string; retryAfterSeconds: number };

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

t.test("a form post is answered with the way to the status page", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada Lovelace",
    "answers.meal": "meat",
    "answers.terms": "on",
    "answers.guests": "3",
    "answers.company": "",
  });
  const reply = await post(stage, body.toString(), { ...form, ...html });
  t.equal(reply.statusCode, 303);
  t.match(reply.headers.location, /^\/registrations\/k\./);
  t.match(stage.queued, [{ answers: { meal: "meat", terms: true, guests: 3 } }]);
});

t.test("a form post that is wrong comes back as the page, with what was entered and 400", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({ email: "no address", name: "Ada <b>", "answers.meal": "fish" });
  const reply = await post(stage, body.toString(), { ...form, ...html });
  t.equal(reply.statusCode, 400);
  t.match(reply.headers["content-type"], /^text\/html/);
  t.match(reply.body, /no address/);
  t.match(reply.body, /Ada &lt;b&gt;/, "and is inert");
  t.equal(stage.queued.length, 0);
});

t.test("a form post while the queue is down comes back as the page, with what was entered and 503", async (t) => {
  const stage = await prepare(t, { send: () => Promise.reject(new Error("gone")) });
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "on",
  });
  const reply = await post(stage, body.toString(), { ...form, ...html });
  t.equal(reply.statusCode, 503);
  t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
  t.match(reply.body, /ada@example\.org/);
});

t.test("a form that another site sent is rejected, and nothing is queued", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({ ...valid, answers: "" }).toString();
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", origin: "null" },
    { origin: "https://evil.example" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" },
  ]) {
    const reply = await post(stage, body, { ...form, ...headers });
    t.equal(reply.statusCode, 403, JSON.stringify(headers));
    t.match(problemOf(reply), { code: "TURNOUT_ORIGIN_REFUSED" });
  }
  t.equal(stage.queued.length, 0);
});

t.test("the media type of a form is read by one parser, for the guard as for the body", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "on",
  });
  for (const type of [
    "Application/X-WWW-Form-Urlencoded",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "APPLICATION/X-WWW-FORM-URLENCODED;charset=utf-8",
    " application/x-www-form-urlencoded ;x=y",
  ]) {
    const foreign = await post(stage, body.toString(), { "content-type": type, origin: "https://evil.example" });
    t.equal(foreign.statusCode, 403, type);
    t.equal(stage.queued.length, 0, `${type}: nothing is queued`);
    const own = await post(stage, body.toString(), { "content-type": type });
    t.equal(own.statusCode, 303, type);
    stage.queued.length = 0;
  }
  for (const type of [
    "application/x-www-form-urlencodedx",
    "application/x-www-form-urlencoded,application/json",
    "x",
  ]) {
    t.equal((await post(stage, body.toString(), { "content-type": type })).statusCode, 415, type);
  }
});

t.test("our own form is taken from browsers that say null, or the site's public name, of where they are", async (t) => {
  const behindProxy = { limits: { trustedProxies: ["127.0.0.1"] } };
  const known = await prepare(t, { ...behindProxy, parts: { publicUrl: "https://summit.example.org" } });
  const unknown = await prepare(t, behindProxy);
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "on",
  });
  const send = (stage: TestApp, headers: Record<string, string>) =>
    post(stage, body.toString(), { ...form, ...html, ...headers });
  for (const [stage, headers, status] of [
    [known, { origin: "null" }, 303],
    [known, { origin: "https://summit.example.org", host: "web.internal" }, 303],
    [known, { origin: "http://summit.example.org" }, 403],
    [known, { origin: "https://web.internal", host: "web.internal" }, 403],
    [known, { origin: "https://evil.example", "x-forwarded-host": "evil.example" }, 403],
    [unknown, { origin: "null" }, 303],
    [unknown, { origin: "http://summit.lan:8080", host: "Summit.LAN:8080" }, 303],
    [unknown, { origin: "https://evil.example", "x-forwarded-host": "evil.example" }, 403],
  ] as const) {
    t.equal((await send(stage, headers)).statusCode, status, JSON.stringify(headers));
  }
});

t.test(
  "a reload of a form that was rejected leads to the event page; a program is told what the address is for",
  async (t) => {
    const stage = await prepare(t);
    const reload = await stage.app.inject({ url: "/registrations", headers: html });
    t.equal(reload.statusCode, 303);
    t.match(reload.headers, { location: "/", "cache-control": "no-store" });
    const program = await stage.app.inject("/registrations");
    t.equal(program.statusCode, 405);
    t.equal(program.headers.allow, "POST");
    t.match(program.json(), { code: "TURNOUT_METHOD_NOT_ALLOWED" });
  },
);

t.test("a field of 2000 characters is taken as a form in every script", async (t) => {
  const event = { ...testEvent, fields: [{ id: "about", type: "text" as const, label: "About", maxLength: 2_000 }] };
  const stage = await prepare(t, { event });
  for (const character of ["a", "é", "あ", "\u{1e900}", "\n"]) {
    const answer = `x${character.repeat(1_998)}x`;
    const body = new URLSearchParams({ email: "ada@example.org", name: "Ada", "answers.about": answer });
    const reply = await post(stage, body.toString().replaceAll("%0A", "%0D%0A"), { ...form, ...html });
    t.equal(reply.statusCode, 303, `${character}: ${body.toString().length} bytes`);
    t.equal(stage.queued.at(-1)?.answers["about"], answer);
    t.equal((await post(stage, { email: "ada@example.org", name: "Ada", answers: { about: answer } })).statusCode, 202);
  }
  t.equal((await post(stage, `"${"x".repeat(50_000)}"`)).statusCode, 413, "control: there is a limit still");
});

const pointers = (reply: Reply) => problemOf(reply).errors?.map(({ pointer }) => pointer) ?? [];
const withAnswers = (answers: unknown) => ({ ...valid, answers });
const good = valid.answers;

/** What is sent, and where the error is. */
const invalid: [what: string, body: unknown, pointer: string][] = [
  ["no email", { name: "Ada", answers: good }, "/email"],
  ["no name", { email: "ada@example.org", answers: good }, "/name"],
  ["a blank name", { ...valid, name: " \t " }, "/name"],
  ["a name of 201 characters", { ...valid, name: "x".repeat(201) }, "/name"],
  ["a name of 201 characters, a blank among them", { ...valid, name: ` ${"x".repeat(200)}` }, "/name"],
  ["a name of two lines", { ...valid, name: "Ada\nLovelace" }, "/name"],
  ["a name with NUL", { ...valid, name: "Ada\u0000" }, "/name"],
  ["a name with an escape sequence", { ...valid, name: "\u001b[31mAda" }, "/name"],
  ["a name with U+FFFF", { ...valid, name: "Ada\uffff" }, "/name"],
  ["a name with U+FFFE", { ...valid, name: "Ada\ufffe" }, "/name"],
  ["no answers where some are required", { email: "ada@example.org", name: "Ada" }, "/answers/meal"],
  ["a required answer that is missing", withAnswers({ terms: true }), "/answers/meal"],
  ["a required tick that is not ticked", withAnswers({ ...good, terms: false }), "/answers/terms"],
  ["an answer that is no option", withAnswers({ ...good, meal: "fish" }), "/answers/meal"],
  ["an option of another case", withAnswers({ ...good, meal: "Meat" }), "/answers/meal"],
  ["a text below its least length", withAnswers({ ...good, company: "x" }), "/answers/company"],
  ["a text above its greatest length", withAnswers({ ...good, company: "x".repeat(21) }), "/answers/company"],
  ["an email answer that is none", withAnswers({ ...good, contact: "boss" }), "/answers/contact"],
  ["a number below its minimum", withAnswers({ ...good, guests: -1 }), "/answers/guests"],
  ["a number above its maximum", withAnswers({ ...good, guests: 5 }), "/answers/guests"],
  ["a fraction of a guest", withAnswers({ ...good, guests: 1.5 }), "/answers/guests"],
  ["an answer to a question nobody asked", withAnswers({ ...good, extra: 1 }), "/answers/extra"],
  ["a property nobody knows", { ...valid, admin: true }, "/admin"],
  ["a registration id of one's own", { ...valid, id: "00000000-0000" }, "/id"],
  ["a body that is a list", [valid], ""],
  ["a body that is text", '"ada@example.org"', ""],
  ["a body that is a number", "5", ""],
  ["a body that is null", "null", ""],
];

const wrongTypes: unknown[] = [5, true, null, {}, ["ada@example.org"]];
for (const value of wrongTypes) {
  invalid.push([`an email that is ${JSON.stringify(value)}`, { ...valid, email: value }, "/email"]);
  invalid.push([`a name that is ${JSON.stringify(value)}`, { ...valid, name: value }, "/name"]);
}
for (const value of ["2", "", true, null, [2], {}]) {
  invalid.push([
    `guests that are ${JSON.stringify(value)}`,
    withAnswers({ ...good, guests: value }),
    "/answers/guests",
  ]);
}
for (const value of ["true", "on", 1, null, [true]]) {
  invalid.push([`terms that are ${JSON.stringify(value)}`, withAnswers({ ...good, terms: value }), "/answers/terms"]);
}
for (const value of ["text", 5, null, []]) {
  invalid.push([`answers that are ${JSON.stringify(value)}`, withAnswers(value), "/answers"]);
}
const badEmails = [
  "",
  "ada",
  "@example.org",
  "ada@",
  "ada@example",
  "ada@@example.org",
  "a b@example.org",
  '"quoted local"@example.org',
  "ada@[127.0.0.1]",
  "ada@127.0.0.1",
  ".ada@example.org",
  "ada.@example.org",
  "a..da@example.org",
  "ada@-example.org",
  "ada@example-.org",
  "ädä@example.org",
  "ada@exam_ple.org",
  `${"a".repeat(65)}@example.org`,
  `${"a".repeat(400)}@example.org`,
  `ada@${"x".repeat(64)}.org`,
  `ada@${"label.".repeat(50)}org`,
  "ada@example.org\u0000",
  "ada@example.org\r\nBcc: eve@example.org",
  `${"a.".repeat(5_000)}@example.org`,
];
for (const email of badEmails) {
  invalid.push([`the email ${JSON.stringify(email).slice(0, 50)}`, { ...valid, email }, "/email"]);
}

t.test(
  "whatever is wrong is rejected with 400 and a pointer to it, nothing is coerced and nothing queued",
  async (t) => {
    const stage = await prepare(t);
    for (const [what, body, pointer] of invalid) {
      const reply = await post(stage, body);
      t.equal(reply.statusCode, 400, what);
      t.match(reply.headers["content-type"], /^application\/problem\+json/, what);
      t.match(problemOf(reply), { code: "TURNOUT_REGISTRATION_INVALID", status: 400 }, what);
      t.ok(pointers(reply).includes(pointer), `${what}: ${JSON.stringify(pointers(reply))}`);
    }
    t.equal(stage.queued.length, 0);
    t.equal((await post(stage, valid)).statusCode, 202, "control: what is right is taken");
  },
);

t.test("several errors are told at once", async (t) => {
  const stage = await prepare(t);
  const reply = await post(stage, { email: "no", name: "", answers: { guests: 9, extra: 1 } });
  t.same(
    new Set(pointers(reply)),
    new Set(["/email", "/name", "/answers/guests", "/answers/extra", "/answers/meal", "/answers/terms"]),
  );
});

t.test(
  "a body that cannot be read, is too large or of another type is told as such, and nothing is queued",
  async (t) => {
    const stage = await prepare(t);
    const text = JSON.stringify(valid);
    const loneSurrogate = text.replace("Lovelace", String.raw`\ud800`);
    const cases: [what: string, status: number, code: string, payload: string, headers?: Record<string, string>][] = [
      ["nothing", 400, "TURNOUT_BODY_UNREADABLE", ""],
      ["half of it", 400, "TURNOUT_BODY_UNREADABLE", text.slice(0, 20)],
      ["no JSON", 400, "TURNOUT_BODY_UNREADABLE", "email=ada"],
      ["__proto__", 400, "TURNOUT_BODY_UNREADABLE", `{"__proto__":{"admin":true},${text.slice(1)}`],
      ["__proto__ in escapes", 400, "TURNOUT_BODY_UNREADABLE", String.raw`{"\u005f_proto__":{},` + text.slice(1)],
      [
        "__proto__ inside answers",
        400,
        "TURNOUT_BODY_UNREADABLE",
        text.replace('"meal"', '"__proto__":{"meal":"meat"},"meal"'),
      ],
      [
        "constructor.prototype",
        400,
        "TURNOUT_BODY_UNREADABLE",
        `{"constructor":{"prototype":{"x":1}},${text.slice(1)}`,
      ],
      ["a lone surrogate", 400, "TURNOUT_REGISTRATION_INVALID", loneSurrogate],
      [
        "a number that is infinite",
        400,
        "TURNOUT_REGISTRATION_INVALID",
        text.replace('"meal"', '"guests":1e400,"meal"'),
      ],
      ["16 KiB and one byte", 413, "TURNOUT_BODY_TOO_LARGE", `"${"x".repeat(16_383)}"`],
      ["2 MB", 413, "TURNOUT_BODY_TOO_LARGE", `"${"x".repeat(2_000_000)}"`],
      ["2 MB of a form", 413, "TURNOUT_BODY_TOO_LARGE", `name=${"x".repeat(2_000_000)}`, form],
      ["text/plain", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", text, { "content-type": "text/plain" }],
      ["multipart", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", text, { "content-type": "multipart/form-data; boundary=x" }],
      ["XML", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", "<email/>", { "content-type": "application/xml" }],
      ["no type", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", text, {}],
    ];
    for (const [what, status, code, payload, headers] of cases) {
      const reply = await post(stage, payload, headers);
      t.equal(reply.statusCode, status, what);
      t.match(problemOf(reply), { code }, what);
      t.notMatch(reply.body, /ada@|Lovelace/, "nothing of it is quoted");
    }
    t.equal(stage.queued.length, 0);
    t.equal(({} as { admin?: boolean }).admin, undefined, "and no prototype was touched");
  },
);

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

async function statusStage(t: { teardown(end: () => unknown): void }, options: TestAppOptions = {}) {
  const stage = await prepare(t, options);
  const { receipt, statusUrl } = acceptedOf(await post(stage, valid));
  return { stage, receipt, statusUrl, ask: (headers = {}) => stage.app.inject({ url: statusUrl, headers }) };
}

t.test("a receipt tells what became of it: as JSON to a program, as a page to a browser, never cached", async (t) => {
  let status: RegistrationStatus = "pending";
  const { ask } = await statusStage(t, { parts: { statuses: { read: async () => status } } });
  const pending = await ask();
  t.equal(pending.statusCode, 200);
  t.match(pending.json(), { status: "pending", submittedAt: "2026-03-01T10:00:00.000Z", retryAfterSeconds: 1 });
  t.match(pending.headers, { "cache-control": "no-store", vary: /Accept/, "retry-after": "1" });
  for (status of registrationStatuses.filter((one) => one !== "pending")) {
    const reply = await ask();
    t.same(reply.json(), { status, submittedAt: "2026-03-01T10:00:00.000Z" });
    t.equal(reply.headers["retry-after"], undefined);
    const page = await ask(html);
    t.equal(page.statusCode, 200);
    t.match(page.headers["content-type"], /^text\/html/);
    t.equal(page.headers["cache-control"], "no-store");
  }
});

t.test("a receipt of which nothing is known any more gets the very answer of one that never was", async (t) => {
  const { stage, ask } = await statusStage(t, { parts: { statuses: { read: async () => undefined } } });
  const told = async (reply: Promise<Reply>) => {
    const { statusCode, headers, body } = await reply;
    return { statusCode, headers: { ...headers, date: "" }, body };
  };
  for (const headers of [{}, html]) {
    const reply = await told(ask(headers));
    t.equal(reply.statusCode, 404);
    t.same(reply, await told(stage.app.inject({ url: "/registrations/never", headers })));
  }
});

t.test("the longer it has waited, the less often it is to poll, up to ten seconds", async (t) => {
  let now = testTime;
  const { ask } = await statusStage(t, { parts: { wallClock: () => now } });
  const polls: number[] = [];
  for (const seconds of [0, 5, 20, 60, 3_600]) {
    now = testTime + seconds * 1_000;
    polls.push((await ask()).json<{ retryAfterSeconds: number }>().retryAfterSeconds);
  }
  t.same(
    polls,
    polls.toSorted((a, b) => a - b),
  );
  t.equal(polls[0], 1);
  t.equal(polls.at(-1), 10);
});

t.test("how long the wait may be is told while it can be, and never as 0", async (t) => {
  for (const [estimate, told] of [
    [0, 1],
    [42, 42],
    [undefined, undefined],
  ] as const) {
    const { ask } = await statusStage(t, { parts: { backlog: { estimatedWaitSeconds: () => estimate } } });
    t.equal((await ask()).json<{ estimatedWaitSeconds?: number }>().estimatedWaitSeconds, told);
  }
});

t.test("a wait that is not known is said to be so on the page, to whoever has waited for a while", async (t) => {
  let now = testTime;
  let estimate: number | undefined;
  const parts = { wallClock: () => now, backlog: { estimatedWaitSeconds: () => estimate } };
  const { ask } = await statusStage(t, { parts });
  t.notMatch((await ask(html)).body, ">not known yet<");
  now += 11_000;
  t.match((await ask(html)).body, ">not known yet<");
  t.notOk("waitUnknown" in (await ask()).json<object>());
  estimate = 100;
  t.match((await ask(html)).body, ">2 minutes<");
});

t.test("every receipt that is not ours gets the same 404, whatever is wrong with it", async (t) => {
  const { stage, receipt } = await statusStage(t);
  const bodies = new Set<string>();
  for (const other of [
    `${receipt.slice(0, -1)}${receipt.endsWith("A") ? "B" : "A"}`,
    receipt.slice(0, -1),
    `${receipt}A`,
    receipt.replace("k.", "other."),
    receipt.replace("k.", "k"),
    "x",
    "k.",
    "A".repeat(5_000),
    "%00",
    "..%2f..%2fetc%2fpasswd",
  ]) {
    const reply = await stage.app.inject(`/registrations/${other}`);
    t.equal(reply.statusCode, 404, other.slice(0, 30));
    t.match(reply.json(), { code: "TURNOUT_RECEIPT_UNKNOWN" });
    bodies.add(reply.body);
  }
  t.equal(bodies.size, 1);
});

t.test("a link with something behind it leads to the status, by one redirect, if the receipt is ours", async (t) => {
  const { stage, receipt, statusUrl } = await statusStage(t);
  for (const behind of [
    ".",
    ")",
    ">",
    "/",
    "%20",
    "%C2%A0",
    "\u00a0",
    ",",
    ";",
    "%3E",
    "%22",
    "/.",
    ").%20",
    "%",
    "%ff",
    "*",
    "!",
  ]) {
    const reply = await stage.app.inject({ url: `/registrations/${receipt}${behind}`, headers: html });
    t.equal(reply.statusCode, 301, behind);
    t.match(reply.headers, { location: statusUrl, "cache-control": "no-store" }, behind);
  }
  t.equal((await stage.app.inject({ url: statusUrl, headers: html })).statusCode, 200, "which is the end of the way");
  for (const foreign of ["k.AAAA.", "k.AAAA/", `${receipt}A.`, "x.", "."]) {
    t.equal((await stage.app.inject(`/registrations/${foreign}`)).statusCode, 404, foreign);
  }
  const posted = await stage.app.inject({ method: "POST", url: `/registrations/${receipt}/` });
  t.equal(posted.statusCode, 404, "for nothing but reading");
});

t.test("a page shows its own address and no other, whatever was asked for", async (t) => {
  const { stage, statusUrl } = await statusStage(t);
  const page = await stage.app.inject({ url: `${statusUrl}?utm_source=mail`, headers: html });
  t.match(page.body, `data-status-url="${statusUrl}"`);
  t.notMatch(page.body, "utm_source");
  t.equal(page.headers["x-robots-tag"], "noindex");
  t.match(page.body, '<meta name="robots" content="noindex">');
});

t.test("a page is sent to whoever prefers one, and to nobody who rejects it", async (t) => {
  const { ask } = await statusStage(t);
  for (const [accept, type] of [
    ["text/html", /^text\/html/],
    ["text/*", /^text\/html/],
    ["text/html;q=0", /^application\/json/],
    ["text/html;q=0, */*", /^application\/json/],
    ["application/json, text/html;q=0.9", /^application\/json/],
    ["*/*", /^application\/json/],
  ] as const) {
    t.match((await ask({ accept })).headers["content-type"], type, accept);
  }
});

t.test("a table that does not answer is 503 with Retry-After, not a status", async (t) => {
  const { ask } = await statusStage(t, {
    parts: { statuses: { read: () => Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "no answer")) } },
  });
  const reply = await ask();
  t.equal(reply.statusCode, 503);
  t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
});

/** Reads that are answered when the test says so. */
function createHeldReads() {
  const held: PromiseWithResolvers<"confirmed">[] = [];
  const read = () => {
    const one = Promise.withResolvers<"confirmed">();
    held.push(one);
    return one.promise;
  };
  return { read, held, release: () => held.splice(0).forEach(({ resolve }) => resolve("confirmed")) };
}

t.test(
  "status requests are shed by the load of the reads, as JSON and as a page, and registrations are not",
  async (t) => {
    for (const { reason, limits, waitMs } of [
      { reason: "status-buffer-full", limits: { maxStatusReads: 2 }, waitMs: 0 },
      { reason: "status-buffer-slow", limits: { shedWaitMs: 1_500 }, waitMs: 1_501 },
    ]) {
      const reads = createHeldReads();
      const clock = createManualClock();
      const { stage, ask } = await statusStage(t, {
        limits,
        parts: { statuses: { read: reads.read }, now: clock.now },
      });
      const early = [ask(), ask()];
      await eventually(() => reads.held.length === 2, "both are read");
      clock.advance(waitMs);
      const rejected = await ask();
      t.equal(rejected.statusCode, 503, reason);
      t.match(problemOf(rejected), { code: "TURNOUT_OVERLOADED", status: 503 });
      t.match(rejected.headers, { "retry-after": /^[1-9]\d*$/, "cache-control": "no-store" });
      t.match(stage.log.records, [{ code: "TURNOUT_OVERLOADED", reason }]);
      const page = await ask(html);
      t.equal(page.statusCode, 503, reason);
      t.match(page.headers, { "content-type": /^text\/html/, "retry-after": /^[1-9]\d*$/ });
      t.equal(page.headers["refresh"], page.headers["retry-after"], "the page tries again by itself");
      t.match(page.body, /what was accepted stays accepted/i);
      t.equal(reads.held.length, 2, "nobody is read for whom there is no hope");
      t.equal((await post(stage, valid)).statusCode, 202);
      reads.release();
      for (const reply of await Promise.all(early)) t.equal(reply.statusCode, 200);
      const later = ask();
      await eventually(() => reads.held.length === 1, "and when it is over, a status request is taken again");
      reads.release();
      t.equal((await later).statusCode, 200);
    }
  },
);

t.test("one read that hangs sheds nobody while others are answered", async (t) => {
  const reads = createHeldReads();
  const clock = createManualClock();
  let hang = true;
  const { ask } = await statusStage(t, {
    limits: { shedWaitMs: 1_500 },
    parts: { statuses: { read: () => (hang ? reads.read() : Promise.resolve("confirmed")) }, now: clock.now },
  });
  const hung = ask();
  await eventually(() => reads.held.length === 1, "it hangs");
  hang = false;
  for (let poll = 0; poll < 20; poll += 1) {
    clock.advance(200);
    t.equal((await ask()).statusCode, 200, `after ${(poll + 1) * 200} ms`);
  }
  reads.release();
  t.equal((await hung).statusCode, 200);
});

t.test(
  "while no read succeeds, status requests are rejected for longer than two seconds at a time, all but one that tries",
  async (t) => {
    const clock = createManualClock();
    let tries = 0;
    const { ask } = await statusStage(t, {
      parts: {
        now: clock.now,
        statuses: {
          read() {
            tries += 1;
            return Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "no answer"));
          },
        },
      },
    });
    for (let second = 0; second < 5; second += 1) {
      t.match(problemOf(await ask()), { code: "TURNOUT_TABLE_UNAVAILABLE" });
      clock.advance(500);
    }
    const before = tries;
    const replies = await Promise.all(Array.from({ length: 100 }, () => ask()));
    t.ok(tries - before <= 10, `${tries - before} of 100 were tried`);
    const rejected = replies.filter((reply) => problemOf(reply).code === "TURNOUT_OVERLOADED");
    t.ok(rejected.length >= 90);
    for (const { headers } of rejected) t.ok(Number(headers["retry-after"]) > 2, `${headers["retry-after"]}`);
  },
);

t.test("a late event loop sheds status requests before it sheds registrations", async (t) => {
  let delayMs = 0;
  const eventLoop = { delayMs: () => delayMs, utilization: () => 0, close() {} };
  const parts = { random: () => 0.9, eventLoop };
  const { stage, ask } = await statusStage(t, { limits: { maxEventLoopDelayMs: 200 }, parts });
  for (const [eventLoopDelay = 0, poll, registration] of [
    [90, 200, 202],
    [150, 503, 202],
    [300, 503, 503],
  ]) {
    delayMs = eventLoopDelay;
    t.equal((await ask()).statusCode, poll, `${eventLoopDelay} ms`);
    t.equal((await post(stage, valid)).statusCode, registration, `${eventLoopDelay} ms`);
  }
});

t.test(
  "one client may ask for a status twenty times as often as it may register, counted apart; then it is 429",
  async (t) => {
    const { stage, ask } = await statusStage(t, { limits: { rateLimitPerMinute: 2 } });
    for (let poll = 0; poll < 40; poll += 1) t.equal((await ask()).statusCode, 200, `poll ${poll + 1}`);
    const rejected = await ask();
    t.equal(rejected.statusCode, 429);
    t.match(problemOf(rejected), { code: "TURNOUT_RATE_LIMITED", detail: /try again/ });
    t.match(rejected.headers, { "retry-after": /^[1-9]\d*$/, "cache-control": "no-store" });
    const page = await ask(html);
    t.equal(page.statusCode, 429);
    t.match(page.headers, { "content-type": /^text\/html/, "retry-after": /^[1-9]\d*$/, refresh: /^[1-9]\d*$/ });
    t.equal((await post(stage, valid)).statusCode, 202, "status requests do not use up registrations");
    t.equal((await post(stage, valid)).statusCode, 429, "control: which are limited as well");
    t.equal((await ask()).statusCode, 429);
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
